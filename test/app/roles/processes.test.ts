import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OtherProcesses } from '../../../src/app/roles/other-processes.ts';
import { ProcessPresence, reloadOrderSetting } from '../../../src/app/roles/process-presence.ts';
import { renderProcesses } from '../../../src/cli/render-processes.ts';
import { paletteFor } from '../../../src/cli/palette.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { raiseSetting } from '../../../src/store/setting-store.ts';
import { createStoreDatabase, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

let database: TestDatabase;
let store: Knex;

beforeAll(async () => {
  database = await createStoreDatabase();
  store = openStore(database.url, { applicationName: 'test' });
});
afterAll(async () => {
  await store.destroy();
  await database[Symbol.asyncDispose]();
});

const warnings: object[] = [];
const others = (): OtherProcesses =>
  new OtherProcesses({
    store,
    migration: 'shop',
    version: '1.0.0',
    configDigest: () => 'digest a',
    log: { ...silentLog, warn: (fields) => void warnings.push(fields) },
  });

function presence(
  over: { digest?: string; version?: string; migration?: string; reload?: () => Promise<{ changed: string[] }> } = {},
) {
  const {
    digest = 'digest a',
    version = '1.0.0',
    migration = 'shop',
    reload = () => Promise.resolve({ changed: [] }),
  } = over;
  return new ProcessPresence({
    store,
    migration,
    role: 'sync',
    version,
    configDigest: () => digest,
    addresses: { proxy: '', admin: 'http://127.0.0.1:1' },
    startedAt: new Date().toISOString(),
    told: () => Promise.resolve({ readiness: { ready: true, state: 'serving', reason: 'it captures' } }),
    reload,
    log: silentLog,
  });
}

test('a process is seen while it lives, missed when it is gone without a word, and forgotten when it ends in order', async () => {
  const [quiet, orderly] = [presence(), presence()];
  const seen = others();
  quiet.start();
  orderly.start();
  await until('both are seen', async () => {
    await seen.look();
    return seen.reports().length === 2;
  });
  expect(seen.reports()[0]).toMatchObject({ role: 'sync', state: 'serving', hasSameConfig: true, pid: process.pid });
  await orderly.stop();
  await quiet.stop();
  await seen.look();
  expect(seen.reports()).toEqual([]);
  // One that was killed leaves its entry behind.
  const killed = presence();
  killed.start();
  await until('it is seen', async () => {
    await seen.look();
    return seen.reports().length === 1;
  });
  await store.raw(`UPDATE fig.process SET seen_at = seen_at - interval '1 hour'`);
  await until('it is back by its next sign of life', async () => {
    await seen.look();
    return seen.reports()[0]?.state === 'serving';
  });
  await killed.stop();
  await seen.stop();
});

test('a process that is not seen for five seconds is gone', async () => {
  const seen = others();
  const one = presence();
  one.start();
  await until('it is seen', async () => {
    await seen.look();
    return seen.reports().length === 1;
  });
  const [row] = await store('fig.process').select();
  await one.stop();
  await store('fig.process').insert({
    ...row,
    report: JSON.stringify(row.report),
    seen_at: store.raw(`now() - interval '7 s'`),
  });
  await seen.look();
  expect(seen.reports()).toMatchObject([{ state: 'gone', seenSecondsAgo: 7 }]);
  const text = renderProcesses(seen.reports(), paletteFor({ write: () => undefined }, { NO_COLOR: '1' }));
  expect(text).toMatch(/sync .*gone for 7 s/);
  await store('fig.process').delete();
  await seen.stop();
});

test('processes with another config are told of once, and marked', async () => {
  const seen = others();
  const other = presence({ digest: 'digest b' });
  other.start();
  await until('it is seen', async () => {
    await seen.look();
    return seen.reports().length === 1;
  });
  await seen.look();
  expect(seen.reports()).toMatchObject([{ hasSameConfig: false }]);
  expect(warnings.filter((fields) => 'code' in fields && fields.code === 'FIG_CONFIGS_DIFFER')).toHaveLength(1);
  const text = renderProcesses(seen.reports(), paletteFor({ write: () => undefined }, { NO_COLOR: '1' }));
  expect(text).toContain('has another config than control');
  await other.stop();
  await seen.stop();
});

test('a process of another migration on the same store is nobody of ours', async () => {
  const seen = others();
  const [ours, theirs] = [presence(), presence({ migration: 'depot', digest: 'digest b' })];
  theirs.start();
  await until('it is in the table', async () => (await store('fig.process').select()).length === 1);
  ours.start();
  await until('ours is seen', async () => {
    await seen.look();
    return seen.reports().length > 0;
  });
  expect(seen.reports()).toMatchObject([{ hasSameConfig: true }]);
  for (const each of [ours, theirs]) await each.stop();
  await seen.stop();
});

test('what a process of another version says of itself is not taken for ours', async () => {
  const seen = others();
  const older = presence({ version: '0.9.0' });
  older.start();
  await until('it is seen', async () => {
    await seen.look();
    return seen.reports().length === 1;
  });
  expect(seen.reports()[0]).not.toHaveProperty('reason');
  await older.stop();
  await seen.stop();
});

test('an order to reload is obeyed by every process, and each says how it went', async () => {
  const seen = others();
  const obedient = presence();
  const broken = presence({ reload: () => Promise.reject(new Error('a typo in the file')) });
  for (const each of [obedient, broken]) each.start();
  await until('both have looked', async () => {
    await seen.look();
    return seen.reports().length === 2;
  });
  const order = await raiseSetting(store, reloadOrderSetting);
  const outcomes = await until('both have answered', async () => {
    await seen.look();
    const told = seen.reloads(order);
    return told.every(({ state }) => state !== 'silent') && told;
  });
  expect(outcomes.map(({ state }) => state).toSorted()).toEqual(['done', 'refused']);
  expect(outcomes.find(({ state }) => state === 'refused')?.reason).toContain('a typo in the file');
  for (const each of [obedient, broken]) await each.stop();
  await seen.stop();
});
