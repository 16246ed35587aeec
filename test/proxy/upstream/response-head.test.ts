import { describe, expect, it } from 'vitest';
import { MalformedResponse, parseResponseHead } from '../../../proxy/upstream/response-head.ts';

const head = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines].join('\r\n');
const framing = (method: string, text: string): unknown => parseResponseHead(text, method).framing;

describe('the head of a response', () => {
  it('keeps order, case and repetition of its headers', () => {
    const text = head('X-b: 2', 'Set-Cookie: a=1', 'x-B:  3 ', 'set-cookie: b=2', 'Empty:');
    const parsed = parseResponseHead(text, 'GET');
    expect(parsed).toMatchObject({ status: 200, message: 'OK' });
    expect(parsed.headers).toEqual(['X-b', '2', 'Set-Cookie', 'a=1', 'x-B', '3', 'set-cookie', 'b=2', 'Empty', '']);
  });

  it('loses no byte of a value that is no white space in HTTP, as at the end of a UTF-8 à', () => {
    expect(
      parseResponseHead(head('City: \t Voil\u00c3\u00a0 \t', 'B:\u00a0b', 'C: a', ' \u00a0'), 'GET').headers,
    ).toEqual(['City', 'Voil\u00c3\u00a0', 'B', '\u00a0b', 'C', 'a \u00a0']);
  });

  it('says a length once that was said twice', () => {
    const text = head('A: 1', 'content-Length: 05', 'Content-Length: 5, 5', 'B: 2');
    expect(parseResponseHead(text, 'GET').headers).toEqual(['A', '1', 'content-Length', '5', 'B', '2']);
    expect(parseResponseHead(head('Content-Length: 5,5'), 'HEAD').headers).toEqual(['Content-Length', '5']);
  });

  it('takes a status without a message, and a message in latin1', () => {
    expect(parseResponseHead('HTTP/1.1 404', 'GET')).toMatchObject({ status: 404, message: '' });
    expect(parseResponseHead('HTTP/1.1 404 ', 'GET')).toMatchObject({ status: 404, message: '' });
    expect(parseResponseHead('HTTP/1.0 200 Schön', 'GET').message).toBe('Schön');
  });

  it('joins a folded value into one line', () => {
    expect(parseResponseHead(head('A: one', '\ttwo', '  three', 'B: x'), 'GET').headers).toEqual([
      'A',
      'one two three',
      'B',
      'x',
    ]);
  });

  it.each([
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 5', { kind: 'length', bytes: 5 }],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\ncontent-length: 5', { kind: 'length', bytes: 5 }],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0', { kind: 'none' }],
    ['GET', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED', { kind: 'chunked' }],
    ['GET', 'HTTP/1.1 200 OK', { kind: 'until-close' }],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5', { kind: 'none' }],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', { kind: 'none' }],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5', { kind: 'none' }],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 5', { kind: 'none' }],
    ['GET', 'HTTP/1.1 103 Early Hints\r\nLink: </x>', { kind: 'none' }],
  ])('to %s says where the body ends: %j', (method, text, expected) => {
    expect(framing(method, text)).toEqual(expected);
  });

  it.each([
    ['HTTP/1.1 200 OK', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1', true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x, Close', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 1', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive', true],
  ])('%j: the connection is kept: %s', (text, expected) => {
    expect(parseResponseHead(text, 'GET').keepsAlive).toBe(expected);
  });

  it('tells how long the upstream keeps an idle connection', () => {
    expect(parseResponseHead(head('Keep-Alive: timeout=5, max=100'), 'GET').keepAliveSeconds).toBe(5);
    expect(parseResponseHead(head('Keep-Alive: max=100'), 'GET').keepAliveSeconds).toBeUndefined();
  });

  it.each([
    'HTTP/2 200 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1  200 OK',
    'ICY 200 OK',
    '',
    head('no colon'),
    head('Space : x'),
    head(': no name'),
    head(' folded: first'),
    head('A: b\nB: c'),
    head('A: b\rB: c'),
    head('A: b\0'),
    head('Nämen: x'),
    head('Content-Length: 5', 'Content-Length: 6'),
    head('Content-Length: 5, 6'),
    head('Content-Length: +5'),
    head('Content-Length: 0x5'),
    head('Content-Length: -1'),
    head('Content-Length: '),
    head('Content-Length: 99999999999999999999'),
    head('Content-Length: 5', 'Transfer-Encoding: chunked'),
    head('Transfer-Encoding: gzip, chunked'),
    head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
    head('Transfer-Encoding: xchunked'),
    head('Transfer-Encoding: identity'),
    head('Transfer-Encoding: \u00a0chunked'),
    head('Content-Length: 5\u00a0'),
  ])('is refused when it is %j', (text) => {
    expect(() => parseResponseHead(text, 'GET')).toThrow(MalformedResponse);
  });
});
