import { RawClient, answering, headerLines, isRefused, ok, valuesOf, within } from './wire.js';
import { sleep } from '../load/sleep.js';

const host = 'Host: shop.example\r\n';
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n';

/** @type {readonly import('./checks.js').Check[]} */
export const framingChecks = [
  neverForwarded(
    'cl+te',
    'Content-Length with Transfer-Encoding: 400 (RFC 9112 6.3)',
    `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ),
  neverForwarded(
    'cl-differs',
    'two Content-Length that differ: 400 (RFC 9112 6.3)',
    `Content-Length: 4\r\nContent-Length: 44\r\n\r\nabcd${smuggled}`,
  ),
  neverForwarded(
    'cl-malformed',
    'a Content-Length that is no number: 400 (RFC 9112 6.3)',
    `Content-Length: +4\r\n\r\nabcd${smuggled}`,
  ),
  neverForwarded(
    'te-unknown',
    'a transfer coding nobody knows: 400 or 501 (RFC 9112 6.1)',
    `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ),
  neverForwarded(
    'chunk-size-malformed',
    'a chunk size that is no number: 400, nothing after it is read (RFC 9112 7.1)',
    `Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n${smuggled}`,
    true,
  ),
  chunked('DELETE'),
  chunked('OPTIONS'),
  chunked('GET'),
  {
    name: 'HEAD-content-length',
    expects: 'an answer to HEAD keeps Content-Length and has no body (RFC 9110 9.3.2)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n'));
      const client = new RawClient(port, `HEAD / HTTP/1.1\r\n${host}\r\n`);
      const whole = await client.receives('\r\n\r\n');
      await sleep(50);
      client.close();
      const length = valuesOf(client.text, 'content-length')[0];
      return {
        ok: whole && length === '1234' && client.text.endsWith('\r\n\r\n'),
        saw: `${client.statusLine}; content-length ${length}`,
      };
    },
  },
  {
    name: '304-no-body',
    expects: '304 keeps its Content-Length and ends with its head; the connection goes on (RFC 9110 15.4.5)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: "a"\r\n\r\n'));
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}If-None-Match: "a"\r\n\r\n`);
      await client.receives('\r\n\r\n');
      const first = client.text;
      client.send(`GET /2 HTTP/1.1\r\n${host}\r\n`);
      await within(() => client.text.split('HTTP/1.1 304').length === 3);
      client.close();
      const length = valuesOf(first, 'content-length')[0];
      const both = client.text.split('HTTP/1.1 304').length === 3;
      return {
        ok: both && length === '99',
        saw: `${client.statusLine}; content-length ${length}; ${both ? 'connection goes on' : 'connection lost'}`,
      };
    },
  },
  {
    name: '204-with-body',
    expects: 'bytes after a 204 never become a body or the next answer (RFC 9110 15.3.5, RFC 9112 6.3)',
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        const heads = connection.text.split('\r\n\r\n').length - 1;
        if (connection.answered >= heads) return;
        connection.answered = heads;
        const isFirst = connection.text.includes('GET /first ');
        connection.socket.write(
          isFirst && heads === 1 ? 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello' : ok,
        );
      });
      const client = new RawClient(port, `GET /first HTTP/1.1\r\n${host}\r\n`);
      await client.receives('\r\n\r\n');
      await sleep(50);
      const first = client.text;
      client.send(`GET /second HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
      await within(() => client.isOver);
      client.close();
      const second = client.text.slice(first.length);
      const isClean = !client.text.includes('hello') && (second === '' || second.startsWith('HTTP/1.1 '));
      return {
        ok: isClean && (/^HTTP\/1\.1 (?:204|502)/.test(first) || (first === '' && client.isOver)),
        saw: `${client.statusLine}; ${isClean ? 'clean' : 'body leaked'}`,
      };
    },
  },
  {
    name: 'resp-cl+te',
    expects: 'an answer with both framings never leaves with both (RFC 9112 6.3)',
    run: async ({ port, upstream }) => {
      await upstream.behave(
        answering('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
      );
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
      await client.answer();
      client.close();
      const names = headerLines(client.text).map(({ name }) => name);
      const both = names.includes('content-length') && names.includes('transfer-encoding');
      const isCut =
        names.includes('content-length') && !client.text.includes('hello') && client.text.startsWith('HTTP/1.1 2');
      return {
        ok: !both && !isCut && (client.text !== '' || client.isOver),
        saw: `${client.statusLine}${both ? '; both framings' : ''}${isCut ? '; cut to Content-Length' : ''}`,
      };
    },
  },
  {
    name: 'stray-answer',
    expects: 'an answer nobody asked for reaches no other client (RFC 9112 9.2)',
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        const heads = connection.text.split('\r\n\r\n').length - 1;
        if (connection.answered >= heads) return;
        connection.answered = heads;
        const stray = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray';
        connection.socket.write(connection.text.includes('GET /first ') && heads === 1 ? `${ok}${stray}` : ok);
      });
      const first = new RawClient(port, `GET /first HTTP/1.1\r\n${host}\r\n`);
      await first.answer();
      await sleep(30);
      const second = new RawClient(port, `GET /second HTTP/1.1\r\n${host}\r\n`);
      await second.answer();
      first.close();
      second.close();
      const isClean = !first.text.includes('stray') && !second.text.includes('stray') && second.text !== '';
      return { ok: isClean, saw: isClean ? second.statusLine : 'the stray answer was delivered' };
    },
  },
];

function chunked(method) {
  return {
    name: `chunked-${method}-smuggle`,
    expects: `a chunked ${method} arrives framed as it came, or is refused (RFC 9112 6.3)`,
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        if (connection.answered > 0 || !connection.text.includes('\r\n\r\n')) return;
        connection.answered = 1;
        setTimeout(() => connection.socket.write(ok), 30);
      });
      const body = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
      const client = new RawClient(port, `${method} /x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${body}`);
      const text = await client.answer();
      await sleep(20);
      client.close();
      if (upstream.received === '') return { ok: isRefused(text), saw: client.statusLine };
      const received = upstream.connections.find((each) => each.text.includes(`${method} /x `))?.text ?? '';
      const bytes = received.slice(received.indexOf('\r\n\r\n') + 4);
      const coding = valuesOf(received, 'transfer-encoding')[0];
      const length = valuesOf(received, 'content-length')[0];
      if (coding === 'chunked' && bytes === body) return { ok: true, saw: 'framed' };
      if (coding === undefined && length === String(smuggled.length) && bytes === smuggled)
        return { ok: true, saw: 'framed by length' };
      return {
        ok: false,
        saw: bytes.includes('/smuggled') ? 'SMUGGLED: the body arrives as a second request' : 'the body was dropped',
      };
    },
  };
}

/** `mayBegin`: the head is in order, so it may be on its way when the fault is found. */
function neverForwarded(name, expects, rest, mayBegin = false) {
  return {
    name,
    expects,
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        if (connection.text.endsWith('0\r\n\r\n') || /content-length/i.test(connection.text))
          connection.socket.write(ok);
      });
      const client = new RawClient(port, `POST / HTTP/1.1\r\n${host}${rest}`);
      const text = await client.answer();
      client.close();
      const isSmuggled = upstream.received.includes('/smuggled');
      const isForwarded = upstream.received !== '' && !mayBegin;
      const isAnswered = isRefused(text) || (mayBegin && !text.startsWith('HTTP/1.1 2') && client.isOver);
      const saw = isSmuggled
        ? 'SMUGGLED'
        : `${client.statusLine}; upstream got ${upstream.received === '' ? 'nothing' : 'a request'}`;
      return { ok: isAnswered && !isSmuggled && !isForwarded, saw };
    },
  };
}
