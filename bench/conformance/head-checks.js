import { RawClient, answering, headerLines, isRefused, ok, valuesOf } from './wire.js';

const host = 'Host: shop.example\r\n';

/** @type {readonly import('./checks.js').Check[]} */
export const headChecks = [
  {
    name: 'req-conn-nominated',
    expects: 'headers of the connection and those that Connection names stay behind (RFC 9110 7.6.1)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(ok));
      const hop =
        'Keep-Alive: timeout=5\r\nProxy-Authorization: Basic eA==\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\n';
      const client = new RawClient(
        port,
        `GET / HTTP/1.1\r\n${host}Connection: x-secret, keep-alive\r\nX-Secret: 1\r\n${hop}\r\n`,
      );
      await client.answer();
      client.close();
      const names = ['x-secret', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te'];
      const leaked = headerLines(upstream.received)
        .map(({ name }) => name)
        .filter((name) => names.includes(name));
      return {
        ok: upstream.hits() === 1 && leaked.length === 0,
        saw: leaked.length === 0 ? 'none leaked' : `leaked ${leaked.join(', ')}`,
      };
    },
  },
  {
    name: 'resp-conn-nominated',
    expects: 'the same on the way back (RFC 9110 7.6.1)',
    run: async ({ port, upstream }) => {
      await upstream.behave(
        answering(
          'HTTP/1.1 200 OK\r\nConnection: x-hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nok',
        ),
      );
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      const text = await client.answer();
      client.close();
      const leaked = headerLines(text).filter(
        ({ name, value }) =>
          name === 'x-hop' || name === 'proxy-authenticate' || (name === 'keep-alive' && value === 'timeout=9'),
      );
      const isAnswered = text.startsWith('HTTP/1.1 200');
      return {
        ok: isAnswered && leaked.length === 0,
        saw: leaked.map(({ name }) => name).join(', ') || client.statusLine,
      };
    },
  },
  {
    name: 'set-cookie-multi',
    expects: 'repeated lines of an answer stay apart (RFC 9110 5.3, RFC 6265 3)',
    run: async ({ port, upstream }) => {
      await upstream.behave(
        answering(
          'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-D: 1\r\nSet-Cookie: b=2\r\nX-D: 2\r\nContent-Length: 2\r\n\r\nok',
        ),
      );
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      const text = await client.answer();
      client.close();
      const [cookies, others] = [valuesOf(text, 'set-cookie').length, valuesOf(text, 'x-d').length];
      return { ok: cookies === 2 && others === 2, saw: `Set-Cookie lines ${cookies}, X-D lines ${others}` };
    },
  },
  {
    name: 'req-dup-headers',
    expects:
      'repeated lines of a request keep number and order; no Authorization is dropped in silence (RFC 9110 5.2, 5.3)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(ok));
      const client = new RawClient(
        port,
        `GET / HTTP/1.1\r\n${host}X-D: 1\r\nAuthorization: A\r\nX-D: 2\r\nAuthorization: B\r\n\r\n`,
      );
      const text = await client.answer();
      client.close();
      const repeated = valuesOf(upstream.received, 'x-d').join(' | ');
      const authorization = valuesOf(upstream.received, 'authorization').join(' | ');
      const saw = isRefused(text) ? client.statusLine : `x-d: ${repeated}; authorization: ${authorization}`;
      return { ok: isRefused(text) || (repeated === '1 | 2' && authorization === 'A | B'), saw };
    },
  },
  refused('dup-host', 'two Host lines: 400 (RFC 9112 3.2)', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
  refused('no-host', 'no Host line: 400 (RFC 9112 3.2)', 'GET / HTTP/1.1\r\nX: 1\r\n\r\n'),
  refused('obs-fold', 'a folded header line: 400 (RFC 9112 5.2)', `GET / HTTP/1.1\r\n${host}X-A: 1\r\n folded\r\n\r\n`),
  refused(
    'bare-lf',
    'lines that end in a bare LF: 400 (RFC 9112 2.2 lets a recipient choose; two readers may differ)',
    'GET / HTTP/1.1\nHost: shop.example\n\n',
  ),
  refused('nul-in-header', 'NUL in a header: 400 (RFC 9110 5.5)', `GET / HTTP/1.1\r\n${host}X-A: a\0b\r\n\r\n`),
  refused(
    'space-before-colon',
    'white space between name and colon: 400 (RFC 9112 5.1)',
    `GET / HTTP/1.1\r\n${host}X-A : 1\r\n\r\n`,
  ),
  refused(
    'oversize-header',
    '100 KB of headers: 431 or 400 (RFC 6585 5)',
    `GET / HTTP/1.1\r\n${host}X-A: ${'a'.repeat(100_000)}\r\n\r\n`,
  ),
  {
    name: 'xff-default',
    expects: 'the last address in X-Forwarded-For is the one the proxy saw (RFC 7239 5.2)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(ok));
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}X-Forwarded-For: 6.6.6.6\r\n\r\n`);
      await client.answer();
      client.close();
      const value = valuesOf(upstream.received, 'x-forwarded-for').join(', ');
      return { ok: /(?:^|, ?)(?:::ffff:)?127\.0\.0\.1$/.test(value), saw: value || '(none)' };
    },
  },
  {
    name: 'x-fig-stripped',
    expects: 'x-fig-* of a client is never believed (ours alone)',
    onlyOurs: true,
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(ok));
      const client = new RawClient(port, `GET / HTTP/1.1\r\n${host}X-Fig-Phase: live\r\nx-fig-visitor: 1\r\n\r\n`);
      await client.answer();
      client.close();
      const leaked = headerLines(upstream.received).filter(({ name }) => name.startsWith('x-fig-'));
      return {
        ok: upstream.hits() === 1 && leaked.length === 0,
        saw: leaked.map(({ name }) => name).join(', ') || 'stripped',
      };
    },
  },
  {
    name: 'path-verbatim',
    expects:
      'a target arrives as it was sent; only one that two readers may take differently may get 400 (RFC 9112 3.2.1, 9110 7.7)',
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(ok));
      const mayBeRefused = ['/a/../b', '/a/%2e%2e/b', '/a%2Fb', '//evil/x', '/a//b'];
      const mustPass = ['/a;v=1/b?x=%zz', '/%E4%F6', '/a?q=/../b'];
      const changed = [];
      for (const path of [...mayBeRefused, ...mustPass]) {
        const before = upstream.received.length;
        const client = new RawClient(port, `GET ${path} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
        const text = await client.answer();
        client.close();
        const got = /^GET (\S+) /m.exec(upstream.received.slice(before))?.[1];
        if (got !== path && !(got === undefined && isRefused(text) && mayBeRefused.includes(path))) {
          changed.push(`${path} -> ${got ?? client.statusLine}`);
        }
      }
      return { ok: changed.length === 0, saw: changed.join('; ') || 'unchanged or refused' };
    },
  },
];

function refused(name, expects, request) {
  return {
    name,
    expects,
    run: async ({ port, upstream }) => {
      await upstream.behave(answering(ok));
      const client = new RawClient(port, request);
      const text = await client.answer();
      client.close();
      const hits = upstream.hits();
      return {
        ok: isRefused(text) && hits === 0,
        saw: `${client.statusLine}; upstream got ${hits === 0 ? 'nothing' : `${hits} request(s)`}`,
      };
    },
  };
}
