import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedResponse, type ResponseHead } from '../../../proxy/upstream/response-head.ts';
import { ResponseParser } from '../../../proxy/upstream/response-parser.ts';

interface Told {
  interims: number[];
  head: ResponseHead | undefined;
  body: string;
  trailers: readonly string[] | undefined;
  last: boolean;
}

function reader(method = 'GET', maxHeadBytes = 4_096) {
  const told: Told = { interims: [], head: undefined, body: '', trailers: undefined, last: false };
  const parser = new ResponseParser(
    method,
    {
      onInterim: ({ status }) => told.interims.push(status),
      onHead: (head) => {
        told.head = head;
      },
      onBody: (chunk, isLast) => {
        expect(told.last).toBe(false);
        told.body += chunk.toString('latin1');
        told.last = isLast;
      },
      onEnd: (trailers) => {
        expect(told.trailers).toBeUndefined();
        told.trailers = trailers;
      },
    },
    maxHeadBytes,
  );
  return { parser, told };
}

function read(text: string, method = 'GET', cuts: readonly number[] = []): Told {
  const { parser, told } = reader(method);
  const bytes = Buffer.from(text, 'latin1');
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (let i = 0; i + 1 < at.length; i += 1) {
    const piece = bytes.subarray(at[i], at[i + 1]);
    if (piece.length > 0) parser.push(piece);
  }
  return told;
}

const text = fc.string({ unit: 'binary', maxLength: 60 }).map((value) => Buffer.from(value).toString('latin1'));
const cuts = fc.array(fc.nat(400), { maxLength: 12 });
const interims = fc.array(fc.constantFrom(100, 102, 103), { maxLength: 3 });
const early = (statuses: readonly number[]): string =>
  statuses.map((status) => `HTTP/1.1 ${status} Wait\r\nLink: </a>\r\n\r\n`).join('');

describe('a response', () => {
  it('with a length is read the same however it is cut', () => {
    fc.assert(
      fc.property(text, cuts, interims, (body, at, before) => {
        const told = read(
          `${early(before)}HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          'GET',
          at,
        );
        expect(told).toMatchObject({ interims: before, body, trailers: [], last: body.length > 0 });
      }),
    );
  });

  it('in chunks, with trailers, is read the same however it is cut', () => {
    const chunks = fc.array(
      text.filter((chunk) => chunk !== ''),
      { maxLength: 5 },
    );
    const trailers = fc.array(fc.tuple(fc.constantFrom('X-Sum', 'Digest'), fc.constantFrom('1', 'a b')), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(chunks, trailers, cuts, fc.constantFrom('', ';x', ' ; a="b"'), (parts, ends, at, extension) => {
        const body = parts.map((part) => `${part.length.toString(16)}${extension}\r\n${part}\r\n`).join('');
        const tail = ends.map(([name, value]) => `${name}: ${value}\r\n`).join('');
        const told = read(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n${tail}\r\n`, 'GET', at);
        expect(told).toMatchObject({ body: parts.join(''), trailers: ends.flat() });
      }),
    );
  });

  it('without a length ends with the connection, others are cut by it', () => {
    const open = reader();
    open.parser.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nto the '));
    open.parser.push(Buffer.from('end'));
    expect(open.told.trailers).toBeUndefined();
    expect(open.parser.close()).toBe(true);
    expect(open.told).toMatchObject({ body: 'to the end', trailers: [] });
    for (const start of ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell', 'HTTP/1.1 200', '']) {
      const { parser, told } = reader();
      if (start !== '') parser.push(Buffer.from(start));
      expect(parser.close()).toBe(false);
      expect(told.trailers).toBeUndefined();
    }
  });

  it('to HEAD, and a 304 with a length, ends with its head', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', 'HEAD')).toMatchObject({ body: '', trailers: [] });
    expect(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n')).toMatchObject({ body: '', trailers: [] });
  });

  it('is complete before what comes after it is refused', () => {
    const { parser, told } = reader();
    expect(() => parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK'))).toThrow(
      MalformedResponse,
    );
    expect(told).toMatchObject({ body: 'ok', trailers: [] });
  });

  it.each([
    ['a chunk size that is none', 'xyz\r\n'],
    ['a negative chunk size', '-1\r\n'],
    ['a chunk size with 0x', '0x5\r\nhello\r\n'],
    ['a chunk size with a space before it', ' 5\r\nhello\r\n'],
    ['a chunk size beyond counting', 'fffffffffffff1\r\n'],
    ['a chunk-size line that ends in a bare LF', '5\nhello\r\n'],
    ['a control character in an extension', '5;\x01\r\nhello\r\n'],
    ['a chunk longer than its size', '5\r\nhellooo\r\n'],
    ['a chunk followed by a bare LF', '5\r\nhello\n0\r\n\r\n'],
    ['a chunk followed by a bare CR', '5\r\nhello\r0\r\n\r\n'],
    ['a trailer without a colon', '0\r\nnothing\r\n\r\n'],
    ['a trailer with a bare LF', '0\r\nA: b\nC: d\r\n\r\n'],
    ['a chunk-size line without end', `5;${'x'.repeat(2_000)}`],
    ['trailers without end', `0\r\n${'A: b\r\n'.repeat(1_000)}`],
  ])('with %s is refused', (_, body) => {
    expect(() => read(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)).toThrow(MalformedResponse);
  });

  it('with a head without end, or interim answers without end, or a 101 nobody asked for, is refused', () => {
    expect(() => read(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(1_000)}`)).toThrow(MalformedResponse);
    expect(() => read('HTTP/1.1 102 Processing\r\n\r\n'.repeat(40))).toThrow(MalformedResponse);
    expect(() => read('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n')).toThrow(MalformedResponse);
  });

  it('made of any bytes is read or refused, and never throws anything else', () => {
    const head = fc.constantFrom('', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    fc.assert(
      fc.property(head, text, text, cuts, (start, one, two, at) => {
        try {
          read(`${start}${one}\r\n${two}\r\n\r\n`, 'GET', at);
        } catch (error) {
          if (!(error instanceof MalformedResponse)) throw error;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
