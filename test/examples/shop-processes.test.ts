import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancellationsFeature } from '../../examples/shop/features/cancellations.ts';
import { ordersFeature } from '../../examples/shop/features/orders.ts';
import { createSeededShop, type SeededShop } from './seeded-shop.ts';

let shop: SeededShop;

beforeAll(async () => {
  shop = await createSeededShop();
});

afterAll(() => shop?.[Symbol.asyncDispose]());

function start(file: string, env: Readonly<Record<string, string>>): ChildProcess {
  return fork(fileURLToPath(new URL(`../../examples/shop/${file}`, import.meta.url)), {
    execArgv: ['--import', new URL('run-typescript.js', import.meta.url).href],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

test.each(['SIGTERM', 'disconnect'])(
  'the shop as a process says where it listens and stops cleanly on %s',
  async (how) => {
    const child = start('legacy/main.ts', { LEGACY_DATABASE_URL: shop.databaseUrl, PORT: '0' });
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [message] = await once(child, 'message');
    expect(message).toEqual({ ready: true, port: expect.any(Number) });
    expect(output).toBe(`shop listening on http://127.0.0.1:${message.port}\n`);
    expect((await fetch(`http://127.0.0.1:${message.port}/api/orders/4`)).status).toBe(200);
    // A feed that never ends by itself does not keep the process.
    const feed = await fetch(`http://127.0.0.1:${message.port}/events/orders`);
    if (how === 'SIGTERM') child.kill('SIGTERM');
    else child.disconnect();
    expect(await ended(child)).toBe(0);
    await expect(feed.text()).rejects.toThrow('terminated');
  },
);

test('the shop without a database URL says what is missing', async () => {
  const child = start('legacy/main.ts', { LEGACY_DATABASE_URL: '' });
  expect(await ended(child)).toBe(2);
});

interface Stats {
  readonly requests: number;
  readonly errors: number;
  readonly staleReads: number;
}

function latestStats(child: ChildProcess): () => Stats {
  let stats: Stats = { requests: 0, errors: 0, staleReads: 0 };
  child.on('message', (message: { stats: Stats }) => {
    stats = message.stats;
  });
  return () => stats;
}

test('visitors mostly read orders, write their own, and see what they wrote', async () => {
  const child = start('visitors/main.ts', { SHOP_URL: shop.shop.url, VISITORS_RATE: '200' });
  const stats = latestStats(child);
  const placed = async (): Promise<number> => (await shop.knex('orders').where('id', '>', 300)).length;
  await expect.poll(placed, { timeout: 20_000 }).toBeGreaterThan(2);
  await expect.poll(() => stats().requests, { timeout: 20_000 }).toBeGreaterThan(100);
  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
  expect(stats()).toMatchObject({ errors: 0, staleReads: 0 });
  // They leave alone what tests and tours count on.
  expect(await shop.knex('orders').where('id', '<', 9).andWhereNot({ customer_id: 1 })).toEqual([]);
});

/** Answers every detail as it was before anything was changed, and accepts every write. */
async function startStaleShop(onAsked: (path: string) => void): Promise<{ url: string; close(): void }> {
  const stale = createServer((request, response) => {
    onAsked(`${request.method!} ${new URL(request.url!, 'http://shop').pathname}`);
    const isWrite = request.method !== 'GET';
    const isLogin = request.url === '/login';
    const order = { id: 5, status: 'placed', note: null, items: [{ id: 1 }], total_count: 50 };
    response.statusCode = isWrite && !isLogin && request.url === '/api/orders' ? 201 : 200;
    response.setHeader('content-type', 'application/json');
    request.resume().on('end', () => response.end(JSON.stringify(order)));
  }).listen(0, '127.0.0.1');
  await once(stale, 'listening');
  const address = stale.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => stale.close() };
}

test('visitors notice a shop that shows the state before their write', async () => {
  const stale = await startStaleShop(() => undefined);
  const child = start('visitors/main.ts', { SHOP_URL: stale.url, VISITORS_RATE: '200' });
  const stats = latestStats(child);
  await expect.poll(() => stats().staleReads, { timeout: 20_000 }).toBeGreaterThan(0);
  child.disconnect();
  expect(await ended(child)).toBe(0);
  stale.close();
});

test('visitors ask every route that a feature of the demo answers, for a gate knows only what is asked', async () => {
  const routes = [ordersFeature(2), cancellationsFeature()].flatMap(({ queries = {} }) => Object.keys(queries));
  expect(routes.length).toBeGreaterThan(2);
  const unasked = new Set(routes);
  const shopOf = await startStaleShop((asked) => {
    unasked.delete(asked.replace(/\/\d+$/, '/:id'));
  });
  const child = start('visitors/main.ts', { SHOP_URL: shopOf.url, VISITORS_RATE: '200' });
  await expect.poll(() => [...unasked], { timeout: 20_000 }).toEqual([]);
  child.disconnect();
  expect(await ended(child)).toBe(0);
  shopOf.close();
});

test('visitors wait for a shop that is down and come when it is up', async () => {
  // An address of its own: on 127.0.0.1 a server of another test may be given the port while the shop is down.
  const host = '127.0.0.2';
  const placeholder = createServer().listen(0, host);
  await once(placeholder, 'listening');
  const address = placeholder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  placeholder.close();
  await once(placeholder, 'close');

  const visitors = start('visitors/main.ts', { SHOP_URL: `http://${host}:${port}`, VISITORS_RATE: '50' });
  const stats = latestStats(visitors);
  await once(visitors, 'message');
  const late = start('legacy/main.ts', { LEGACY_DATABASE_URL: shop.databaseUrl, HOST: host, PORT: String(port) });
  await expect.poll(() => stats().requests, { timeout: 20_000 }).toBeGreaterThan(20);

  // The shop is taken away in the middle of everything: they count errors and go on.
  late.kill('SIGTERM');
  await ended(late);
  await expect.poll(() => stats().errors, { timeout: 20_000 }).toBeGreaterThan(0);
  visitors.kill('SIGTERM');
  expect(await ended(visitors)).toBe(0);
});
