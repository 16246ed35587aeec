import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import { repeatedHeaders } from '../../shadow/question-headers.ts';
import { ca, startSecureUpstream } from '../proxy/support/tls.ts';
import { startTestLegacy } from './test-legacy.ts';

const question = { method: 'GET', target: '/orders/1?page=2', headers: ['Host', 'shop.example'] };

test('legacy is asked as the same visitor, whole, unconditionally, and marked', async () => {
  await using legacy = await startTestLegacy();
  await using asker = new LegacyAsker({ url: legacy.url });
  const headers = Object.entries({
    Host: 'shop.example',
    Cookie: 'sid=1',
    Authorization: 'Bearer x',
    Accept: 'application/json',
    'If-None-Match': '"1"',
    Range: 'bytes=0-1',
    Connection: 'keep-alive, X-Hop',
    'X-Hop': '1',
    'Cache-Control': 'max-age=0',
    'Accept-Encoding': 'gzip',
    'X-Forwarded-For': '192.0.2.7',
    'X-Forwarded-Host': 'shop.example',
    'X-Fig-Thing': '1',
    'Content-Length': '0',
  }).flat();
  const result = await asker.ask({ ...question, headers });
  expect(result).toMatchObject({ ok: true, answer: { status: 200, body: Buffer.from('{"path":"/orders/1?page=2"}') } });
  const received = legacy.asked[0]?.headers;
  expect(received).toMatchObject({
    host: 'shop.example',
    cookie: 'sid=1',
    authorization: 'Bearer x',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'cache-control': 'no-cache',
    'x-fig-shadow': '1',
    'x-forwarded-for': '192.0.2.7',
    'x-forwarded-host': 'shop.example',
  });
  for (const name of ['if-none-match', 'range', 'x-hop', 'x-fig-thing', 'content-length']) {
    expect(received).not.toHaveProperty(name);
  }
});

test('a redirect is an answer and is not followed; header lines arrive as they are', async () => {
  await using legacy = await startTestLegacy((_, response) => {
    response.writeHead(
      302,
      [
        ['Location', '/elsewhere'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ].flat(),
    );
    response.end();
  });
  await using asker = new LegacyAsker({ url: legacy.url });
  const result = await asker.ask(question);
  expect(result).toMatchObject({ ok: true, answer: { status: 302 } });
  expect(result.ok && result.answer.headers.slice(0, 6)).toEqual([
    'Location',
    '/elsewhere',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ]);
  expect(legacy.asked).toHaveLength(1);
});

test.each(['POST', 'PUT', 'DELETE'])('%s is never repeated', async (method) => {
  await using legacy = await startTestLegacy();
  await using asker = new LegacyAsker({ url: legacy.url });
  expect(await asker.ask({ ...question, method })).toMatchObject({ ok: false });
  expect(legacy.asked).toHaveLength(0);
});

test('HEAD is repeated as HEAD', async () => {
  await using legacy = await startTestLegacy();
  await using asker = new LegacyAsker({ url: legacy.url });
  const result = await asker.ask({ ...question, method: 'HEAD' });
  expect(result).toMatchObject({ ok: true, answer: { status: 200, body: Buffer.alloc(0) } });
  expect(legacy.asked).toMatchObject([{ method: 'HEAD' }]);
});

test('a legacy that hangs, breaks off, sends too much or is gone is a result, not an error', async () => {
  await using hanging = await startTestLegacy(() => undefined);
  await using hangingAsker = new LegacyAsker({ url: hanging.url, timeoutMs: 50 });
  expect(await hangingAsker.ask(question)).toMatchObject({ ok: false });

  await using broken = await startTestLegacy((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('abc', () => response.destroy());
  });
  await using brokenAsker = new LegacyAsker({ url: broken.url });
  expect(await brokenAsker.ask(question)).toMatchObject({ ok: false });

  await using huge = await startTestLegacy((_, response) => response.end(Buffer.alloc(5 * 1024 * 1024)));
  await using hugeAsker = new LegacyAsker({ url: huge.url });
  expect(await hugeAsker.ask(question)).toMatchObject({ ok: false });
  expect(await hugeAsker.ask(question)).toMatchObject({ ok: false });

  await using goneAsker = new LegacyAsker({ url: new URL('http://127.0.0.1:1/') });
  expect(await goneAsker.ask(question)).toMatchObject({ ok: false });
});

test('no more than the allowed number of questions is with legacy at once', async () => {
  let atOnce = 0;
  let most = 0;
  await using legacy = await startTestLegacy((_, response) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    setImmediate(() => {
      atOnce -= 1;
      response.end();
    });
  });
  await using asker = new LegacyAsker({ url: legacy.url, concurrency: 2 });
  const results = await Promise.all(Array.from({ length: 12 }, () => asker.ask(question)));
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(most).toBeLessThanOrEqual(2);
});

test('what a candidate is asked has no condition either', () => {
  expect(repeatedHeaders(['If-Modified-Since', 'x', 'cookie', 'a=1']).slice(0, 2)).toEqual(['cookie', 'a=1']);
});

test('a legacy at https is verified by the CA that was configured, whatever Host the visitor sent', async () => {
  await using legacy = await startSecureUpstream((_, res) => res.end('ok'));
  await using trusting = new LegacyAsker({ url: legacy.url, tls: { ca } });
  expect(await trusting.ask(question)).toMatchObject({ ok: true, answer: { status: 200 } });
  await using strict = new LegacyAsker({ url: legacy.url });
  expect(await strict.ask(question)).toMatchObject({ ok: false });
});
