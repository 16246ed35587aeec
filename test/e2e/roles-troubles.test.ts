import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { MortalStore } from '../support/mortal-store.ts';
import { ShopInRoles, type RoleName } from '../support/shop-in-roles.ts';
import { ShopVisitor } from '../support/shop-visitor.ts';
import { until } from '../support/until.ts';

const proxies = ['proxy-a', 'proxy-b'] as const;
let store: MortalStore;
let roles: ShopInRoles;

beforeAll(async () => {
  store = await MortalStore.start();
  roles = await ShopInRoles.create(300, { FIG_DATABASE_URL: store.url }, 2);
}, 120_000);

afterAll(async () => {
  await roles?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
}, 60_000);

const status = (): Promise<StatusReport> => roles.get('control').status();
/** With so little evidence, answers that the candidate could not give send reads back, when the proxies come to tell of them. */
async function areServedAgain(): Promise<boolean> {
  await roles.goLive();
  return (await servedByAll()).join() === 'candidate,candidate';
}

const servedByAll = (): Promise<string[]> => Promise.all(proxies.map((proxy) => roles.servedBy(proxy)));

/** Everybody gets an answer, and what they have just written, whichever proxy they come to. */
async function usersAreServed(): Promise<void> {
  const [id] = (await roles.shop.legacy('orders').where({ status: 'placed' }).limit(1).pluck('id')) as string[];
  const visitor = await ShopVisitor.login(roles.url('proxy-a'));
  for (let n = 0; n < 10; n += 1) {
    const note = `note ${Math.random()}`;
    const [writer, reader] = n % 2 === 0 ? proxies : proxies.toReversed();
    expect(await visitor.ask(roles.url(writer), 'PATCH', `/api/orders/${id}`, { note })).toMatchObject({ status: 200 });
    expect(await visitor.ask(roles.url(reader), 'GET', `/api/orders/${id}`)).toMatchObject({
      status: 200,
      body: { note },
    });
  }
}

test('all start while the store is away and was never migrated: legacy serves, and they begin when it comes', async () => {
  await store.kill();
  for (const name of [...proxies, 'sync', 'control'] satisfies RoleName[]) roles.start(name);
  for (const name of [...proxies, 'sync', 'control'] satisfies RoleName[]) await roles.get(name).ready();
  await usersAreServed();
  const readyz = async (name: RoleName): Promise<number> =>
    (await fetch(`${await roles.get(name).admin()}/readyz`)).status;
  expect(await Promise.all([...proxies, 'sync', 'control'].map((name) => readyz(name as RoleName)))).toEqual([
    200, 200, 503, 503,
  ]);
  await store.revive();
  await roles.untilAllLive();
  expect(await Promise.all(['sync', 'control'].map((name) => readyz(name as RoleName)))).toEqual([200, 200]);
  await until(
    'the read model is built',
    async () => (await status()).features[0]?.readModel?.state === 'ready',
    60_000,
  );
  await roles.goLive();
  await roles.untilServedByCandidate();
}, 180_000);

test('a second sync waits without a word, and takes over when the first is killed', async () => {
  await roles.start('sync-b').ready();
  await until('it is seen', async () => (await status()).processes?.filter(({ role }) => role === 'sync').length === 2);
  // What the first tells is believed on, by proxies and by control.
  for (let n = 0; n < 20; n += 1) {
    expect(await servedByAll()).toEqual(['candidate', 'candidate']);
    expect((await status()).capture?.state).toBe('streaming');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await usersAreServed();
  await roles.get('sync').kill();
  await usersAreServed();
  await until('it is missed', async () => (await status()).processes?.some(({ state }) => state === 'gone'));
  await roles.untilServedByCandidate();
  await usersAreServed();
  expect((await status()).features[0]).toMatchObject({ reads: 'live', readModel: { state: 'ready' } });
}, 120_000);

test('sync is killed, the slot is lost and the read model made anew: nobody reads what is not there yet', async () => {
  let isOver = false;
  const odd: string[] = [];
  const reading = Promise.all(
    proxies.map(async (proxy) => {
      while (!isOver) {
        const response = await fetch(`${roles.url(proxy)}/api/orders/100`);
        const text = await response.text();
        if (response.status !== 200) odd.push(`${response.headers.get('x-fig-served-by')} ${response.status} ${text}`);
      }
    }),
  );
  try {
    // Waiting for its turn, so that it begins long before what the first has told is over.
    await roles.start('sync').ready();
    await roles.get('sync-b').kill();
    await until('the slot is gone', () =>
      roles.shop.legacy
        .raw(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()`)
        .then(() => true),
    );
    await until('it is made anew', () => roles.get('sync').output.includes('copy'));
    await roles.untilServedByCandidate();
  } finally {
    isOver = true;
    await reading;
  }
  expect(odd).toEqual([]);
}, 120_000);

test('a process with another config is marked, and a proxy with other code serves nobody with it', async () => {
  await roles.get('proxy-b').stop();
  const other = roles.start('proxy-b', { FIG_SHOP_VERSION: '1' });
  await other.ready();
  await until('it is marked', async () => {
    const { processes = [] } = await status();
    return processes.filter(({ hasSameConfig, state }) => !hasSameConfig && state === 'serving').length === 1;
  });
  expect(await servedByAll()).toEqual(['candidate', 'legacy']);
  expect(other.output).toContain('FIG_CONFIGS_DIFFER');
  // It serves nothing, and still notes what is written through it: the other proxy serves.
  for (let n = 0; n < 10; n += 1) await usersAreServed();
  await other.stop();
  await roles.start('proxy-b').ready();
  await roles.untilServedByCandidate();
}, 60_000);

test('the store is killed in live: legacy serves with no wrong answer, and all go on when it is there again', async () => {
  await store.kill();
  await until('legacy answers', async () => (await servedByAll()).join() === 'legacy,legacy');
  await usersAreServed();
  expect(await status()).toMatchObject({ storeError: expect.any(String), features: [{ reads: 'live' }] });
  await store.revive();
  await until('control hears the store', async () => (await status()).storeError === undefined);
  await until('the candidate serves', areServedAgain, 60_000);
  await usersAreServed();
  await until('all are seen again', async () => {
    const { processes = [] } = await status();
    return processes.filter(({ state }) => state === 'serving').length === 4;
  });
}, 120_000);
