import { createServer } from 'node:http';
import { brotliCompressSync } from 'node:zlib';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, type TestProxy } from './support/harness.ts';

// An ordinary express app; what a client gets from it directly is what it must get through the proxy.
const app = express();
app.use(express.text());
app.get('/orders/:id', (req, res) => {
  res.cookie('session', 'a b', { httpOnly: true }).cookie('other', '1').json({ id: req.params.id, name: 'Größe' });
});
app.get('/page', (_, res) => {
  res.type('html').send('<h1>page</h1>');
});
app.get('/stream', (_, res) => {
  res.write('one');
  res.end();
});
app.get('/file', (_, res) => {
  res.attachment('ä.bin').send(Buffer.from([0, 1, 2, 255]));
});
app.get('/packed', (_, res) => {
  res.set('Content-Encoding', 'br').send(brotliCompressSync('packed'));
});
app.get('/moved', (_, res) => {
  res.redirect(301, '/page?x=1');
});
app.get('/fails', () => {
  throw new Error('on purpose');
});
app.get('/empty', (_, res) => {
  res.status(204).end();
});
app.post('/echo', (req, res) => {
  res
    .status(201)
    .location('/echo/1')
    .send(`got ${String(req.body)}`);
});

const server = createServer(app);
let direct = 0;
let proxy: TestProxy;

beforeAll(async () => {
  app.set('env', 'test');
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  direct = typeof address === 'object' && address !== null ? address.port : 0;
  const routing = routingOf('shadow');
  const options = { features: [ordersFeature], routing: () => routing };
  proxy = await startTestProxy(new URL(`http://127.0.0.1:${direct}`), options);
});

afterAll(async () => {
  await proxy.proxy.stop();
  server.closeAllConnections();
  server.close();
});

test.each([
  'GET /orders/7',
  'GET /orders/7?x=%20',
  'HEAD /orders/7',
  'GET /page',
  'GET /stream',
  'GET /file',
  'GET /packed',
  'GET /moved',
  'GET /fails',
  'GET /empty',
  'GET /nowhere',
  'OPTIONS /orders/7',
  'DELETE /page',
  'GET /file|Range: bytes=1-2',
  'GET /page|If-None-Match: W/"d-abc"',
  'POST /echo|Content-Type: text/plain|Content-Length: 5||hello',
  'POST /echo|Content-Type: text/plain|Transfer-Encoding: chunked||5|hello|0||',
])('%s gives the same bytes as legacy itself', async (text) => {
  const [line = '', ...rest] = text.split('|');
  const head = [`${line} HTTP/1.1`, 'Host: shop.example', 'Connection: close', ...rest];
  const request = rest.includes('') ? head.join('\r\n') : `${head.join('\r\n')}\r\n\r\n`;
  const [expected, given] = [await exchangeRaw(direct, request), await exchangeRaw(proxy.port, request)];
  expect(expected).toMatch(/^HTTP\/1\.1 \d/);
  expect(withoutDate(given)).toBe(withoutDate(expected));
});

test('a conditional request that matches gives 304, as from legacy itself', async () => {
  const etag = /ETag: (.*)\r\n/.exec(await exchangeRaw(direct, ask('/page')))?.[1];
  expect(etag).toBeDefined();
  const request = ask('/page', `If-None-Match: ${etag}\r\n`);
  const given = await exchangeRaw(proxy.port, request);
  expect(given).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/);
  expect(withoutDate(given)).toBe(withoutDate(await exchangeRaw(direct, request)));
});

function ask(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${more}\r\n`;
}

/** The date may tick between the two; that both have one is compared. */
function withoutDate(answer: string): string {
  return answer.replace(/\r\nDate: .*/, '\r\nDate: now');
}
