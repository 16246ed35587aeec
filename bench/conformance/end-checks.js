import { RawClient, answering, ok, within } from './wire.js';
import { sleep } from '../load/sleep.js';

const host = 'Host: shop.example\r\n';
const megabyte = Buffer.alloc(1024 * 1024, 'b');

/** @type {readonly import('./checks.js').Check[]} */
export const endChecks = [
  aborted('client-abort->upstream', 'a client that leaves during the answer ends the upstream request', {
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome',
    isReady: (client) => client.text.includes('some'),
  }),
  aborted('client-abort-before-hdrs', 'a client that leaves before the answer ends the upstream request', {}),
  aborted('client-abort-upload', 'a client that leaves during its upload ends the upstream request', {
    request: `POST / HTTP/1.1\r\n${host}Content-Length: 1000000\r\n\r\nsome`,
    isReady: (_, upstream) => upstream.received.includes('some'),
  }),
  cut('upstream-cut-mid-body', 'Content-Length: 100', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
  cut('upstream-cut-mid-chunked', 'chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n'),
  {
    name: 'upstream-refuses-then-body',
    expects: 'an answer given before the upload is through reaches the client (RFC 9112 9.5)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig'));
      const client = new RawClient(port, `POST / HTTP/1.1\r\n${host}Content-Length: 50000000\r\n\r\n`);
      client.send('x'.repeat(100_000));
      const isRelayed = await client.receives('big');
      client.close();
      return { ok: isRelayed && client.text.startsWith('HTTP/1.1 413'), saw: client.statusLine };
    },
  },
  {
    name: 'early-answer-upload-goes-on',
    expects: 'an early 200 is relayed while the client still sends, and the upload is not cut short (RFC 9112 9.5)',
    run: async ({ port, upstream }) => {
      let received = 0;
      await upstream.behave((connection) => {
        received = connection.text.length;
        answering(ok)(connection);
      });
      const client = new RawClient(port, `POST / HTTP/1.1\r\n${host}Content-Length: 1048576\r\n\r\n`);
      client.socket.write(megabyte.subarray(0, 1_000));
      const isEarly = await client.receives('200 OK');
      client.socket.write(megabyte.subarray(1_000));
      await within(() => received >= megabyte.length || client.isOver, 1_000);
      client.close();
      return {
        ok: isEarly,
        saw: `${client.statusLine}; ${received >= megabyte.length ? 'upload went on' : 'upload ended'}`,
      };
    },
  },
  {
    name: 'GET-503-retries',
    expects: 'an answered request is not sent again (RFC 9110 9.2.2)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n'));
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      await client.answer(4_000);
      await sleep(100);
      client.close();
      return {
        ok: upstream.hits() === 1 && client.text.startsWith('HTTP/1.1 503'),
        saw: `upstream hit ${upstream.hits()}x; ${client.statusLine}`,
      };
    },
  },
  {
    name: 'POST-stale-connection',
    expects:
      'a POST on which a kept-alive connection dies is not sent twice, and the client is told (RFC 9110 9.2.2, RFC 9112 9.3.1)',
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        if (connection.text.includes('POST /pay ')) connection.socket.destroy();
        else answering(ok)(connection);
      });
      const first = new RawClient(port, `GET /warm HTTP/1.1\r\n${host}\r\n`);
      await first.answer();
      const second = new RawClient(port, `POST /pay HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\n1`);
      await within(() => second.text !== '' || second.isOver, 2_000);
      await sleep(100);
      first.close();
      second.close();
      const hits = upstream.hits(/^POST \/pay /gm);
      const isTold = /^HTTP\/1\.1 50[234]/.test(second.text) || (second.text === '' && second.isOver);
      return {
        ok: hits === 1 && isTold,
        saw: `sent ${hits}x; ${second.text === '' && second.isOver ? 'connection closed' : second.statusLine}`,
      };
    },
  },
  {
    name: 'slow-reader-backpressure',
    expects: 'a client that does not read slows the upstream down; memory stays bounded (RSS + 40 MB at most)',
    run: async ({ port, upstream, proxy }) => {
      const before = (await proxy.ask('usage')).rssBytes;
      let sent = 0;
      await upstream.behave((connection) => {
        if (connection.answered > 0) return;
        connection.answered = 1;
        connection.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n');
        const fill = () => {
          while (sent < 200 && !connection.isClosed) {
            sent += 1;
            if (!connection.socket.write(megabyte)) {
              connection.socket.once('drain', fill);
              return;
            }
          }
        };
        fill();
      });
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      client.socket.pause();
      await sleep(1_000);
      const grown = Math.round(((await proxy.ask('usage')).rssBytes - before) / 1e6);
      client.close();
      return {
        ok: sent < 60 && grown <= 40,
        saw: `upstream could send ${sent} MB; RSS ${grown >= 0 ? '+' : ''}${grown} MB`,
      };
    },
  },
];

function aborted(name, expects, { request = `GET / HTTP/1.1\r\n${host}\r\n`, answer, isReady }) {
  return {
    name,
    expects: `${expects} within 500 ms`,
    run: async ({ port, upstream }) => {
      await upstream.behave(answer === undefined ? () => undefined : answering(answer));
      const client = new RawClient(port, request);
      await within(() => (isReady ? isReady(client, upstream) : upstream.received.includes('\r\n\r\n')));
      if (upstream.connections.length === 0) return { ok: false, saw: 'never reached the upstream' };
      client.close();
      const isClosed = await within(() => upstream.open === 0, 500);
      return { ok: isClosed, saw: isClosed ? 'closed' : 'LEAKED: still open' };
    },
  };
}

function cut(name, framing, answer) {
  return {
    name,
    expects: `an answer (${framing}) that breaks off never looks whole and never hangs (RFC 9112 8)`,
    run: async ({ port, upstream }) => {
      await upstream.behave((connection) => {
        connection.socket.write(answer, () => setTimeout(() => connection.socket.destroy(), 20));
      });
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      const isOver = await within(() => client.isOver, 1_500);
      client.close();
      const looksWhole = client.text.endsWith('0\r\n\r\n');
      return { ok: isOver && !looksWhole, saw: looksWhole ? 'LOOKS WHOLE' : isOver ? 'cut' : 'CLIENT HANGS' };
    },
  };
}
