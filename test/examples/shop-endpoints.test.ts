import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { everyEndpoint, sseGreeting, type EndpointRequest } from '../../examples/shop/every-endpoint.ts';
import { createSeededShop, type SeededShop } from './seeded-shop.ts';

let shop: SeededShop;

beforeAll(async () => {
  shop = await createSeededShop();
});

afterAll(() => shop?.[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

async function send(endpoint: EndpointRequest): Promise<Answer> {
  const response = await request(shop.shop.url + endpoint.path, {
    method: endpoint.method,
    headers: { ...endpoint.headers },
    ...(endpoint.body === undefined ? {} : { body: endpoint.body }),
  });
  return { status: response.statusCode, headers: response.headers, body: Buffer.from(await response.body.bytes()) };
}

function comparable(endpoint: EndpointRequest, answer: Answer): unknown {
  const text = answer.body.toString('latin1');
  const headers = Object.entries(answer.headers).filter(
    ([name]) => name !== 'date' && !endpoint.varyingHeaders?.includes(name),
  );
  return { status: answer.status, headers, body: endpoint.normalise?.(text) ?? text };
}

describe('every endpoint', () => {
  const plain = everyEndpoint.filter(({ kind }) => kind === 'buffered' || kind === 'stream');

  test.each(plain.map((endpoint) => [endpoint.name, endpoint] as const))('%s', async (_name, endpoint) => {
    const first = await send(endpoint);
    expect(first.status).toBe(endpoint.status);
    expect(comparable(endpoint, await send(endpoint))).toEqual(comparable(endpoint, first));
  });

  test('is in the list with every kind of answer', () => {
    expect(new Set(everyEndpoint.map(({ kind }) => kind))).toEqual(new Set(['buffered', 'stream', 'sse', 'websocket']));
    const statuses = new Set(everyEndpoint.map(({ status }) => status));
    for (const status of [101, 200, 201, 204, 302, 303, 304, 400, 401, 403, 404, 409, 422]) {
      expect(statuses).toContain(status);
    }
    expect(new Set(everyEndpoint.map(({ name }) => name)).size).toBe(everyEndpoint.length);
  });
});

function find(name: string): EndpointRequest {
  return everyEndpoint.find((endpoint) => endpoint.name === name)!;
}

test('the clock field tells the time', async () => {
  const before = Date.now();
  const { generated_at } = JSON.parse((await send(find('order list'))).body.toString());
  expect(Date.parse(generated_at)).toBeGreaterThanOrEqual(before);
});

test('looking at a product counts a view', async () => {
  const endpoint = find('product, which counts a view');
  const before = JSON.parse((await send(endpoint)).body.toString());
  expect(JSON.parse((await send(endpoint)).body.toString())).toEqual({ ...before, views: before.views + 1 });
});

test('the download is a file, the same bytes with and without compression', async () => {
  const plain = await send(find('CSV download'));
  expect(plain.headers['content-disposition']).toBe('attachment; filename="orders.csv"');
  expect(plain.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(plain.headers['content-length']).toBeUndefined();
  expect(plain.body.toString().split('\r\n')).toHaveLength(122);
  const compressed = await send(find('CSV download, compressed'));
  expect(compressed.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
});

test('the export reads on beyond one batch', async () => {
  const text = await (await fetch(`${shop.shop.url}/export/orders.csv`)).text();
  const [row] = await shop.knex('orders').count({ count: '*' });
  expect(text.trimEnd().split('\r\n')).toHaveLength(Number(row!['count']) + 1);
});

test('a session begins with a login and ends with a logout', async () => {
  const login = await send(find('log in'));
  const cookie = /^shop_session=[^;]+/.exec([login.headers['set-cookie']].flat()[0] ?? '')![0];
  expect(login.headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Lax$/);
  const me = async (): Promise<number> => (await fetch(`${shop.shop.url}/api/me`, { headers: { cookie } })).status;
  expect(await me()).toBe(200);
  const logout = await fetch(`${shop.shop.url}/logout`, { method: 'POST', headers: { cookie } });
  expect(logout.headers.get('set-cookie')).toMatch(/^shop_session=; /);
  expect(await me()).toBe(401);
});

test('pages escape what customers have written', async () => {
  await shop.knex('customers').where({ id: 1 }).update({ name: '<script>alert("x")</script>' });
  const page = await (await fetch(`${shop.shop.url}/orders/4`)).text();
  expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
  expect(page).not.toContain('<script>');
});

test('the event feed and the WebSocket tell of a write, and the feed shows that it is alive', async () => {
  const feed = await request(`${shop.shop.url}/events/orders`);
  expect(feed.headers['content-type']).toBe('text/event-stream');
  const socket = new WebSocket(`${shop.shop.url.replace('http', 'ws')}/ws/orders`);
  const messages: string[] = [];
  socket.on('message', (data: Buffer) => messages.push(data.toString()));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send('ping');
  await expect.poll(() => messages).toEqual(['pong']);

  let seen = '';
  feed.body.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  await expect.poll(() => seen).toContain(': still here\n\n');
  expect(seen.startsWith(sseGreeting)).toBe(true);
  const created = await send(find('create order'));
  const { id } = JSON.parse(created.body.toString());
  expect(created.headers['location']).toBe(`/api/orders/${id}`);
  const write = JSON.stringify({ id, what: 'created' });
  await expect.poll(() => messages).toEqual(['pong', write]);
  await expect.poll(() => seen).toContain(`event: order\ndata: ${write}\n\n`);
  socket.terminate();
  feed.body.destroy();
});
