import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { everyEndpoint, sseGreeting } from '../../examples/shop/every-endpoint.ts';
import { runProxy } from '../../src/app/run-proxy.ts';
import type { RunningFig } from '../../src/app/starting/running-fig.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { rawAnswer } from '../support/raw-answer.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import type { FigProcess } from '../support/fig-process.ts';

let shop: ShopUnderFig;
let fig: FigProcess;
let observer: RunningFig;

beforeAll(async () => {
  shop = await ShopUnderFig.create(60);
  fig = await shop.startFig(2);
  await shop.untilReadModelReady(fig);
  expect(await fig.json('promote', 'orders', '--reads')).toMatchObject({ moved: true, to: 'shadow' });
  observer = await runProxy({
    legacy: new URL(shop.shopUrl),
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    version: 'test',
    log: silentLog,
    startAdmin: () => Promise.resolve({ url: 'none', stop: () => Promise.resolve() }),
  });
}, 120_000);

afterAll(async () => {
  await observer?.stop();
  await fig?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

const plain = everyEndpoint.filter(({ kind }) => kind === 'buffered' || kind === 'stream');

describe('through the proxy in shadow', () => {
  test.each(plain.map((endpoint) => [endpoint.name, endpoint] as const))(
    '%s is what legacy says',
    async (_, endpoint) => {
      expect(await rawAnswer(fig.proxy, endpoint)).toEqual(await rawAnswer(shop.shopUrl, endpoint));
    },
  );
});

describe('through the observing proxy', () => {
  test.each(plain.map((endpoint) => [endpoint.name, endpoint] as const))(
    '%s is what legacy says',
    async (_, endpoint) => {
      expect(await rawAnswer(observer.addresses.proxy, endpoint)).toEqual(await rawAnswer(shop.shopUrl, endpoint));
    },
  );
});

test('an event stream arrives as it is sent', async () => {
  const endpoint = everyEndpoint.find(({ kind }) => kind === 'sse')!;
  const abort = new AbortController();
  const response = await fetch(fig.proxy + endpoint.path, { headers: { ...endpoint.headers }, signal: abort.signal });
  expect(response.status).toBe(endpoint.status);
  let text = '';
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString();
    if (text.length >= sseGreeting.length) break;
  }
  expect(text.startsWith(sseGreeting)).toBe(true);
  abort.abort();
});

test('a WebSocket talks through the proxy', async () => {
  const endpoint = everyEndpoint.find(({ kind }) => kind === 'websocket')!;
  const socket = new WebSocket(fig.proxy.replace('http', 'ws') + endpoint.path, { headers: { ...endpoint.headers } });
  const answer = new Promise<string>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      if (data.toString() === 'pong') resolve('pong');
    });
    socket.on('error', reject);
    socket.on('open', () => socket.send('ping'));
  });
  expect(await answer).toBe('pong');
  socket.close();
});
