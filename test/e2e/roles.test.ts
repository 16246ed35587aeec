import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusReport, TransitionOutcome } from '../../src/app/control.ts';
import { runFig } from '../support/fig-process.ts';
import { ShopInRoles, type RoleName } from '../support/shop-in-roles.ts';
import { ShopVisitor } from '../support/shop-visitor.ts';
import { until } from '../support/until.ts';

const orders = 2_500;
const proxies = ['proxy-a', 'proxy-b'] as const;
let roles: ShopInRoles;

beforeAll(async () => {
  roles = await ShopInRoles.create(orders);
}, 120_000);

afterAll(async () => {
  await roles?.[Symbol.asyncDispose]();
}, 60_000);

const status = (): Promise<StatusReport> => roles.get('control').status();
const feature = async (): Promise<StatusReport['features'][number]> => (await status()).features[0]!;

/** Asks for many different orders and pages, by turns of both proxies, so that every answer is evidence of its own. */
async function browse(from: number, count: number): Promise<void> {
  const queue = Array.from({ length: count }, (_, i) => {
    const n = from + i;
    if (n % 25 === 0) return `/api/orders?page=${1 + ((n / 25) % 100)}`;
    if (n % 40 === 1) return `/api/orders/${1_000_000 + n}`;
    return `/api/orders/${9 + (n % (orders - 9))}`;
  });
  await Promise.all(
    Array.from({ length: 6 }, async (_, width) => {
      for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
        const response = await fetch(roles.url(proxies[(path.length + width) % 2]!) + path, {
          headers: { cookie: `shop_session=visitor-${path.length % 7}-${from}` },
        });
        expect([200, 404]).toContain(response.status);
        await response.arrayBuffer();
      }
    }),
  );
}

const servedByAll = (): Promise<string[]> => Promise.all(proxies.map((proxy) => roles.servedBy(proxy)));

test('proxies that start first serve users from legacy; with sync and control all four find each other', async () => {
  for (const proxy of proxies) await roles.start(proxy).ready();
  expect(await servedByAll()).toEqual(['legacy', 'legacy']);
  await Promise.all([roles.start('control').ready(), roles.start('sync').ready()]);
  await roles.untilAllLive();
  const { processes, addresses, capture } = await until('capture is told', async () => {
    const now = await status();
    return now.capture?.applied !== undefined && now.features[0]?.readModel?.state === 'ready' && now;
  });
  expect(processes!.every(({ hasSameConfig }) => hasSameConfig)).toBe(true);
  expect(addresses.proxy.split(', ').toSorted()).toEqual(proxies.map((proxy) => roles.url(proxy)).toSorted());
  expect(capture).toMatchObject({ state: 'streaming', applied: expect.stringContaining('/') });
}, 120_000);

test('every role answers its probes and metrics', async () => {
  for (const role of ['proxy-a', 'sync', 'control'] as const) {
    const admin = await roles.get(role).admin();
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const response = await fetch(admin + path);
      expect([role, path, response.status, await response.text()]).toEqual([role, path, 200, expect.any(String)]);
    }
  }
});

test('a process that decides nothing says so, and whom to ask', async () => {
  const { code, stderr } = await runFig(roles.get('proxy-a').cwd, ['promote', 'orders', '--reads']);
  expect(code).toBe(1);
  expect(stderr).toContain('FIG_OTHER_ROLE');
  expect(stderr).toContain(await roles.get('control').admin());
});

test('changes on their way are shown by sync, which applies them, and control says whom to ask', async () => {
  const { code, stderr } = await runFig(roles.get('control').cwd, ['events', 'tail', '--limit', '1']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('FIG_OTHER_ROLE')]);
  expect(stderr).toContain(`--admin ${await roles.get('sync').admin()}`);
  const ended = new AbortController();
  const client = await roles.get('sync').client();
  const shown: unknown[] = [];
  const { id } = (await roles.shop.legacy('customers').first('id')) as { id: string };
  const following = (async () => {
    for await (const { value } of client.tail({ type: 'update', from: 'now' }, ended.signal)) shown.push(value);
  })();
  // It is told where it is waited for.
  following.catch(() => undefined);
  await until('a change is shown', async () => {
    await roles.shop.legacy('customers').where({ id }).update({ name: 'Ada' });
    return shown.length > 0;
  });
  ended.abort();
  await following;
  expect(shown[0]).toMatchObject({ table: 'public.customers', key: id, type: 'update' });
});

test('reads move from legacy to live by the gates, on evidence from both proxies', async () => {
  const control = roles.get('control');
  expect(await control.json('promote', 'orders', '--reads')).toMatchObject({ moved: true, to: 'shadow' });
  let from = 0;
  while ((await feature()).phase !== 'live') {
    const before = (await feature()).reads;
    await until(
      `reads move on from ${before}`,
      async () => {
        const moved = await control.json<TransitionOutcome>('promote', 'orders', '--reads');
        if (moved.moved || (await feature()).reads !== before) return true;
        await browse((from += 450), 450);
        throw new Error(moved.reason);
      },
      90_000,
    );
  }
  const { traffic, shadow, processes } = await status();
  const each = processes!.flatMap(({ requests }) => requests ?? []);
  expect(each).toHaveLength(2);
  expect(Math.min(...each)).toBeGreaterThan(0);
  expect(traffic.requests).toBe(each.reduce((a, b) => a + b));
  expect(shadow?.compared).toBeGreaterThan(354);
  await roles.untilServedByCandidate();
}, 300_000);

/** Orders whose note may be changed. */
async function editable(): Promise<string[]> {
  return (await roles.shop
    .legacy('orders')
    .whereIn('status', ['draft', 'placed', 'paid'])
    .orderBy('id')
    .limit(400)
    .pluck('id')) as string[];
}

test('a visitor who writes through one proxy reads it through the other, 200 times', async () => {
  const ids = await editable();
  const visitor = await ShopVisitor.login(roles.url('proxy-a'));
  const served = { legacy: 0, candidate: 0 };
  for (let n = 0; n < 200; n += 1) {
    const [writer, reader] = n % 2 === 0 ? proxies : proxies.toReversed();
    const path = `/api/orders/${ids[n % ids.length]}`;
    const note = `note ${n}`;
    const written = await visitor.ask(roles.url(writer), 'PATCH', path, { note });
    expect(written.status).toBe(200);
    const read = await visitor.ask(roles.url(reader), 'GET', path);
    expect(read.body).toMatchObject({ note });
    served[read.servedBy === 'candidate' ? 'candidate' : 'legacy'] += 1;
  }
  expect(visitor.cookies()).toContain('fig_fence');
  // It proves something only where reads come from the read model.
  expect(served.candidate).toBeGreaterThan(150);
}, 120_000);

test('the kill switch, ordered at control, reaches both proxies and is taken back', async () => {
  const control = roles.get('control');
  await control.json('kill-switch', 'on', '--why', 'a test');
  await until('legacy answers', async () => (await servedByAll()).join() === 'legacy,legacy');
  await control.json('kill-switch', 'off', '--why', 'a test');
  await roles.untilServedByCandidate();
}, 60_000);

test('a comparison with legacy that control wants is done by sync', async () => {
  const report = await roles.get('control').json('reconcile', 'orders');
  expect(report).toMatchObject({ state: 'clean', feature: 'orders' });
}, 60_000);

test('a reload reaches every process', async () => {
  const { changed, elsewhere } = await roles
    .get('control')
    .json<{ changed: string[]; elsewhere: { role: string; state: string }[] }>('reload');
  expect(changed).toEqual([]);
  expect(elsewhere.map(({ role, state }) => `${role} ${state}`).toSorted()).toEqual([
    'control done',
    'proxy done',
    'proxy done',
    'sync done',
  ]);
}, 60_000);

interface Findings {
  /** Answers that lacked what their visitor had written. */
  readonly wrong: string[];
  readonly failed: string[];
  readonly from: { legacy: number; candidate: number };
  rounds: number;
}

/** A request by way of one proxy, or of the other: as behind a load balancer, whoever cannot be reached is passed over. */
async function ask(
  visitor: ShopVisitor,
  first: number,
  ...what: [method: 'GET' | 'PATCH', path: string, body?: unknown]
): ReturnType<ShopVisitor['ask']> {
  for (let attempt = 0; ; attempt += 1) {
    const proxy = proxies[(first + attempt) % 2]!;
    try {
      return await visitor.ask(roles.url(proxy), ...what);
    } catch (error) {
      if (attempt > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Visitors that write through one proxy and read through the other, or through the one that is there, until told to stop. */
async function writeAndReadBack(isOver: () => boolean, found: Findings): Promise<void> {
  const ids = await editable();
  const visitors = await Promise.all([0, 1, 2, 3].map(() => ShopVisitor.login(roles.url('proxy-a'))));
  await Promise.all(
    visitors.map(async (visitor, n) => {
      for (let round = 0; !isOver(); round += 1) {
        const path = `/api/orders/${ids[n]}`;
        const note = `visitor ${n}, round ${round}`;
        const written = await ask(visitor, round, 'PATCH', path, { note });
        const read = await ask(visitor, round + 1, 'GET', path);
        found.rounds += 1;
        if (written.status !== 200 || read.status !== 200) found.failed.push(`${written.status} ${read.status}`);
        else if ((read.body as { note: string }).note !== note) {
          found.wrong.push(`${read.servedBy}: wrote ${note}, read ${JSON.stringify(read.body)}`);
        }
        found.from[read.servedBy === 'candidate' ? 'candidate' : 'legacy'] += 1;
      }
    }),
  );
}

test('each process is killed and started again in turn, and users get no wrong answer and none too few', async () => {
  const found: Findings = { wrong: [], failed: [], from: { legacy: 0, candidate: 0 }, rounds: 0 };
  let isOver = false;
  const load = writeAndReadBack(() => isOver, found);
  const goOn = async (): Promise<void> => {
    const before = found.rounds;
    await until('users are served', () => found.rounds > before + 40, 60_000);
  };
  try {
    await goOn();
    for (const name of ['sync', 'control', 'proxy-a', 'proxy-b'] satisfies RoleName[]) {
      await roles.get(name).kill();
      await goOn();
      await roles.start(name).ready();
      await roles.untilServedByCandidate();
      await goOn();
    }
  } finally {
    isOver = true;
    await load;
  }
  expect(found.wrong).toEqual([]);
  expect(found.failed).toEqual([]);
  expect(found.from.candidate).toBeGreaterThan(100);
  expect((await feature()).phase).toBe('live');
  await roles.untilAllLive();
}, 240_000);

test('while sync is gone for longer than its lease, legacy answers, and control says why', async () => {
  await roles.get('sync').kill();
  await until('legacy answers', async () => (await servedByAll()).join() === 'legacy,legacy');
  const { gate, readModel } = await feature();
  expect(readModel).toMatchObject({ state: 'waiting', error: expect.stringContaining('fig sync') });
  expect(gate.result).not.toBe('PASS');
  await roles.start('sync').ready();
  await roles.untilServedByCandidate();
}, 120_000);

test('every role ends in order at SIGTERM, and is not missed', async () => {
  for (const name of ['sync', 'proxy-b'] satisfies RoleName[]) {
    roles.get(name).signal('SIGTERM');
    expect([name, await roles.get(name).ended()]).toEqual([name, 0]);
  }
  await until('those that ended are not listed', async () => {
    const { processes = [] } = await status();
    // Those that were killed before are, as gone.
    const alive = processes.filter(({ state }) => state !== 'gone').map(({ role }) => role);
    if (alive.toSorted().join() === 'control,proxy') return true;
    throw new Error(JSON.stringify(processes));
  });
  expect(await roles.servedBy('proxy-a')).toBe('legacy');
  for (const name of ['control', 'proxy-a'] satisfies RoleName[]) {
    roles.get(name).signal('SIGTERM');
    expect([name, await roles.get(name).ended()]).toEqual([name, 0]);
  }
}, 120_000);
