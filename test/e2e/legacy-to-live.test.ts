import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusReport, TransitionOutcome } from '../../src/app/control.ts';
import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import { runFig, type FigProcess } from '../support/fig-process.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const orders = 2_500;
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  shop = await ShopUnderFig.create(orders);
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

/** Asks for many different orders and pages, so that every answer is evidence of its own. */
async function browse(from: number, count: number): Promise<void> {
  const targets = Array.from({ length: count }, (_, i) => {
    const n = from + i;
    if (n % 25 === 0) return `/api/orders?page=${1 + ((n / 25) % 100)}`;
    if (n % 40 === 1) return `/api/orders/${1_000_000 + n}`;
    return `/api/orders/${9 + (n % (orders - 9))}`;
  });
  await inParallel(6, targets, async (target) => {
    const response = await fetch(fig.proxy + target, {
      headers: { cookie: `shop_session=visitor-${target.length % 7}-${from}` },
    });
    expect([200, 404]).toContain(response.status);
    await response.arrayBuffer();
  });
}

let further = 2_000;

/** On a machine that has much to do not every read is compared. What still waits for its comparison would only wait longer. */
async function browseFurther(count: number): Promise<void> {
  if ((await fig.status()).shadow?.queued !== 0) return;
  await browse(further, count);
  further += count;
}

async function inParallel<T>(width: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

async function statusOf(): Promise<StatusReport['features'][number]> {
  return (await fig.status()).features[0]!;
}

test('version 1: the shadow finds the mistake, and promote refuses and says why', async () => {
  fig = await shop.startFig(1);
  await shop.untilReadModelReady(fig);
  expect(await fig.json('promote', 'orders', '--reads')).toMatchObject({ moved: true, from: 'legacy', to: 'shadow' });
  await browse(0, 250);
  const report = await until('the mistake is reported', async () => {
    const found = await fig.json<FeatureReport>('report', 'orders');
    return found.groups.some(({ path }) => path === '$.total') ? found : undefined;
  });
  const group = report.groups.find(({ path, route }) => path === '$.total' && route === 'GET /api/orders/:id')!;
  expect(group.kind).toBe('value');
  expect(group.count).toBeGreaterThan(0);
  expect(group.samples[0]!.legacy).not.toEqual(group.samples[0]!.candidate);
  const places = new Set(report.groups.map(({ path }) => path.replace(/^\$\.items\[\*\]/, '$')));
  // Nothing but the planted mistake: no false mismatch.
  const planted = ['$.subtotal', '$.discount', '$.total', '$.balance'];
  expect([...places].filter((path) => !planted.includes(path))).toEqual([]);

  const refused = await until('the gate has seen the difference', async () => {
    const result = await runFig(fig.cwd, ['promote', 'orders', '--reads']);
    if (result.code === 3) return result;
    throw new Error(JSON.stringify(result));
  });
  expect(refused.stdout + refused.stderr).toMatch(/\d+ of \d+ answers differ/);
  await fig.stop();
}, 120_000);

test('version 2: the gate passes at the count of the formula, and reads move to live', async () => {
  fig = await shop.startFig(2);
  await shop.untilReadModelReady(fig);
  const { features } = await fig.json<StatusReport>('status');
  expect(features[0]).toMatchObject({ phase: 'shadow', comparisons: { match: 0, mismatch: 0 } });
  await browse(0, 300);
  const early = await until('the first answers are compared', async () => {
    const { comparisons, gate } = await statusOf();
    if (comparisons.match > 250 && comparisons.match < 354) return gate;
    await browseFurther(20);
    throw new Error(JSON.stringify(comparisons));
  });
  expect(early).toMatchObject({ result: 'INCONCLUSIVE' });
  expect((await runFig(fig.cwd, ['promote', 'orders', '--reads'])).code).toBe(4);
  await browse(300, 200);
  const passed = await until('the gate passes', async () => {
    const feature = await statusOf();
    if (feature.gate.result === 'PASS') return feature;
    await browseFurther(100);
    throw new Error(JSON.stringify(feature.gate));
  });
  expect(passed.comparisons).toMatchObject({ mismatch: 0, error: 0 });
  expect(passed.comparisons.match).toBeGreaterThanOrEqual(354);

  const client = await fig.client();
  for (let from = 500; (await statusOf()).phase !== 'live'; from += 450) {
    const before = (await statusOf()).reads;
    const outcome = await until(
      `reads move on from ${before}`,
      async () => {
        const moved = (await client.promote('orders', { who: 'the test', why: '' })).value;
        if (moved.moved || (await statusOf()).reads !== before) return true;
        // What still waits for its comparison would only wait longer.
        if ((await fig.status()).shadow?.queued === 0) await browse(from, 450);
        throw new Error(moved.reason);
      },
      60_000,
    );
    expect(outcome).toBe(true);
  }
  const response = await fetch(`${fig.proxy}/api/orders/100`);
  expect(response.headers.get('x-fig-served-by')).toBe('candidate');
  expect(await response.json()).toEqual(await (await fetch(`${shop.shopUrl}/api/orders/100`)).json());
}, 240_000);

/** A member of staff with a session of their own, who keeps every cookie they get. */
async function login(): Promise<Map<string, string>> {
  const jar = new Map<string, string>();
  const response = await fetch(`${fig.proxy}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customer_id: 2, staff: true }),
  });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  keepCookies(jar, response);
  return jar;
}

function keepCookies(jar: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = line.split(';')[0]!.split('=', 2) as [string, string];
    jar.set(name, value);
  }
}

test('a visitor who writes and at once reads back never sees the old state, in 1,000 tries through live', async () => {
  expect((await statusOf()).phase).toBe('live');
  const served = { legacy: 0, candidate: 0 };
  const editable = (await shop
    .legacy('orders')
    .whereIn('status', ['draft', 'placed', 'paid'])
    .orderBy('id')
    .limit(400)
    .pluck('id')) as string[];
  const visitors = await Promise.all([login(), login(), login(), login()]);
  const tries = Array.from({ length: 1_000 }, (_, n) => n);
  await inParallel(visitors.length, tries, async (n) => {
    const jar = visitors.pop()!;
    const cookie = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const target = `${fig.proxy}/api/orders/${editable[n % editable.length]}`;
    const note = `note ${n}`;
    const written = await fetch(target, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', cookie: cookie() },
      body: JSON.stringify({ note }),
    });
    expect(written.status, await written.text()).toBe(200);
    keepCookies(jar, written);
    expect([...jar.keys()]).toContain('fig_fence');
    // Twice: at once, and when the proxy has just learnt where the write ended.
    for (let again = 0; again < 2; again += 1) {
      const read = await fetch(target, { headers: { cookie: cookie() } });
      served[read.headers.get('x-fig-served-by') === 'candidate' ? 'candidate' : 'legacy'] += 1;
      expect(((await read.json()) as { note: string }).note).toBe(note);
    }
    visitors.push(jar);
  });
  expect(served.candidate).toBeGreaterThan(500);
}, 120_000);

test('a rollback sends every read back to legacy at once, and says who and why', async () => {
  const outcome = await fig.json<TransitionOutcome>('rollback', 'orders', '--reads', '--why', 'a drill');
  expect(outcome).toMatchObject({ moved: true, from: 'live', to: 'shadow' });
  await until('the proxy knows', async () => {
    const response = await fetch(`${fig.proxy}/api/orders/100`);
    await response.arrayBuffer();
    return response.headers.get('x-fig-served-by') === null;
  });
  const { rows } = await shop.target.raw(`SELECT * FROM fig.audit ORDER BY id DESC LIMIT 1`);
  expect(rows[0]).toMatchObject({ feature: 'orders', why: 'a drill' });
  expect(await fig.stop()).toBe(0);
}, 60_000);
