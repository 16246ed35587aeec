import { createHash } from 'node:crypto';
import { RawClient, answering, firstLine, ok, valuesOf } from './wire.js';

const host = 'Host: shop.example\r\n';

/** @type {readonly import('./checks.js').Check[]} */
export const interimChecks = [
  {
    name: 'expect-100',
    expects: "the upstream's refusal is the first thing the client hears; no 100 of the proxy's own (RFC 9110 10.1.1)",
    run: async ({ port, upstream }) => {
      await upstream.behave(answering('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'));
      const client = new RawClient(port, `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
      await client.receives('\r\n\r\n');
      const first = client.statusLine;
      if (first.includes(' 100 ')) client.send('hello');
      await client.receives(' 401 ');
      client.close();
      const expected = valuesOf(upstream.received, 'expect').length > 0;
      return {
        ok: first.startsWith('HTTP/1.1 401') && expected,
        saw: `first ${first}; upstream saw Expect: ${expected}`,
      };
    },
  },
  {
    name: 'expect-100-relayed',
    expects:
      "the upstream's 100 reaches the client, then the body the upstream, then the answer the client (RFC 9110 10.1.1)",
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        if (connection.answered === 0 && connection.text.includes('\r\n\r\n')) {
          connection.answered = 1;
          connection.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        }
        if (connection.answered === 1 && connection.text.includes('hello')) {
          connection.answered = 2;
          connection.socket.write(ok);
        }
      });
      const client = new RawClient(port, `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
      await client.receives('HTTP/1.1 100 Continue\r\n\r\n');
      client.send('hello');
      const isDone = await client.receives('HTTP/1.1 200 OK');
      client.close();
      return { ok: isDone, saw: `${client.statusLine}; ${isDone ? 'then 200' : 'no answer'}` };
    },
  },
  {
    name: 'early-103',
    expects: '103 Early Hints are passed on (RFC 9110 15.2, RFC 8297)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${ok}`));
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      await client.receives('200 OK');
      client.close();
      const isPassed = /^HTTP\/1\.1 103 [^]*link: <\/a\.css>/i.test(client.text);
      return {
        ok: isPassed && client.text.includes('200 OK'),
        saw: isPassed ? 'passed on' : `dropped; ${client.statusLine}`,
      };
    },
  },
  {
    name: 'resp-trailers',
    expects: 'trailers of an answer are passed on (RFC 9110 6.5; it would allow to drop them, we do not)',
    run: async ({ port, upstream }) => {
      await upstream.behave(
        answering(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n',
        ),
      );
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}TE: trailers\r\nConnection: TE\r\n\r\n`);
      const isPassed = await client.receives('X-Sum: 42', 500);
      client.close();
      const announced = valuesOf(client.text, 'trailer').length > 0;
      return {
        ok: isPassed,
        saw: isPassed ? 'passed on' : `dropped${announced ? ', though Trailer announces them' : ''}`,
      };
    },
  },
  {
    name: 'req-trailers',
    expects: 'trailers of a chunked upload are passed on (RFC 9110 6.5)',
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        if (/0\r\n(?:X-Sum: 42\r\n)?\r\n$/i.test(connection.text)) connection.socket.write(ok);
      });
      const client = new RawClient(
        port,
        `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n`,
      );
      await client.answer(500);
      client.close();
      const isPassed = /\r\n0\r\nx-sum: 42\r\n\r\n$/i.test(upstream.received);
      const announced = valuesOf(upstream.received, 'trailer').length > 0;
      return {
        ok: isPassed,
        saw: isPassed ? 'passed on' : `dropped${announced ? ', though Trailer announces them' : ''}`,
      };
    },
  },
  {
    name: 'websocket-upgrade',
    expects: '101 and then frames in both directions (RFC 9110 7.8, RFC 6455 4)',
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        const end = connection.text.indexOf('\r\n\r\n');
        if (connection.answered === 0 && end > 0) {
          connection.answered = 1;
          const key = valuesOf(connection.text, 'sec-websocket-key')[0];
          const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
          connection.socket.write(`${switching}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
        } else if (connection.answered === 1 && connection.text.length > end + 4) {
          connection.answered = 2;
          connection.socket.write('\x81\x04pong', 'latin1');
        }
      });
      const client = new RawClient(port, upgradeRequest);
      await client.receives('\r\n\r\n');
      const first = client.statusLine;
      // A text frame "ping", masked with zeros.
      client.send('\x81\x84\0\0\0\0ping');
      const isBack = await client.receives('pong');
      client.close();
      return {
        ok: first.startsWith('HTTP/1.1 101') && isBack,
        saw: `${first}; frames ${isBack ? 'flow' : 'do not flow'}`,
      };
    },
  },
  {
    name: 'ws-upstream-403',
    expects: "the upstream's refusal of an upgrade is passed on as it is (RFC 9110 7.8)",
    run: async ({ port, upstream }) => {
      await upstream.behave(answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nX-Why: no\r\n\r\ndenied'));
      const client = new RawClient(port, upgradeRequest);
      await client.receives('denied');
      client.close();
      const isAsItWas = /^HTTP\/1\.1 403 [^]*x-why: no\r\n[^]*denied$/i.test(client.text);
      return { ok: isAsItWas, saw: `${firstLine(client.text)}${isAsItWas ? '' : '; not as it was'}` };
    },
  },
];

const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const upgradeRequest = `GET /ws HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
