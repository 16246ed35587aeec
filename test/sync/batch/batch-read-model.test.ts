import { once } from 'node:events';
import knexModule, { type Knex } from 'knex';
import { afterEach, expect, test } from 'vitest';
import type { BatchInput, BatchRow, Rows } from '../../../src/config/batch-read-model.ts';
import { readModelFingerprint } from '../../../src/config/fingerprint.ts';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { BatchReadModel } from '../../../src/sync/batch/batch-read-model.ts';
import { type BatchClock, clockOf } from '../../../src/sync/batch/batch-clock.ts';
import { StoreClock } from '../../../src/sync/batch/store-clock.ts';
import { PostgresSourcePosition } from '../../../src/sync/postgres/source-position.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createStoreDatabase, createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Load = (input: BatchInput) => Rows | PromiseLike<Rows>;

async function setup() {
  const legacyDatabase = await createTestDatabase();
  const targetDatabase = await createStoreDatabase();
  const legacy = knexModule({ client: 'pg', connection: legacyDatabase.url, pool: { min: 0, max: 4 } });
  const target = openTarget(targetDatabase.url, 9);
  const clock = new StoreClock(targetDatabase.url, silentLog);
  closers.push(
    () => targetDatabase[Symbol.asyncDispose](),
    () => legacyDatabase[Symbol.asyncDispose](),
    () => clock[Symbol.asyncDispose](),
    () => target.destroy(),
    () => legacy.destroy(),
  );
  await legacy.raw('CREATE TABLE prices (sku text PRIMARY KEY, amount numeric NOT NULL)');
  await legacy.raw(`INSERT INTO prices SELECT 'sku ' || n, n FROM generate_series(1, 5000) n`);
  const start = (load: Load, more: { every?: number; mayBeEmpty?: boolean; clock?: BatchClock } = {}) => {
    const definition = defineReadModel({
      name: 'price',
      version: 1,
      batch: { every: '1h', mayBeEmpty: more.mayBeEmpty },
      table: (t) => {
        t.text('sku').primary();
        t.specificType('amount', 'numeric').index();
      },
      load,
    });
    const readModel = new BatchReadModel({
      definition,
      fingerprint: readModelFingerprint(definition),
      everyMs: more.every ?? 3_600_000,
      target,
      legacyDatabase: legacyDatabase.url,
      clock: more.clock ?? clockOf(clock, () => 'store'),
      log: silentLog,
      onProgress: () => undefined,
      onPosition: () => undefined,
    });
    closers.push(() => readModel.stop());
    return readModel;
  };
  const sum = async (): Promise<{ rows: number; amount: string }> => {
    const row = await target('rm_price_v1.price').first(
      target.raw('count(*)::int AS rows, coalesce(sum(amount), 0)::text AS amount'),
    );
    return row as { rows: number; amount: string };
  };
  return { legacy, legacyUrl: legacyDatabase.url, target, clock, start, sum };
}

const fromLegacy: Load = ({ db }) => rowsOf(db);

async function* rowsOf(db: Knex): AsyncGenerator<BatchRow> {
  yield* await db<BatchRow>('prices').select('sku', 'amount');
}

const ready = (readModel: BatchReadModel) =>
  until('the rows are loaded', () => {
    const { state, error } = readModel.progress();
    if (state !== 'ready') throw new Error(error);
    return true;
  });

test('all rows are loaded from the legacy database, by default read-only', async () => {
  const { start, sum, legacy } = await setup();
  const readModel = start(fromLegacy);
  await ready(readModel);
  expect(await sum()).toEqual({ rows: 5_000, amount: '12502500' });
  expect(readModel.report()).toMatchObject({ rows: 5_000, failures: 0, loadingSince: undefined });
  expect(await legacy('prices').count('*').first()).toEqual({ count: '5000' });
});

test('a load that tries to write into the legacy database fails there', async () => {
  const { start, legacy } = await setup();
  const readModel = start(async function* ({ db }) {
    await db('prices').delete();
    yield* rowsOf(db);
  });
  await until('it has failed', () => readModel.progress().error?.includes('read-only'));
  expect(await legacy('prices').count('*').first()).toEqual({ count: '5000' });
});

test('rows may come from anything that can be iterated, and columns that are left out are null', async () => {
  const { start, target } = await setup();
  const readModel = start(() => 'apple,1.50\npear,\n'.trim().split('\n').map(parseLine));
  await ready(readModel);
  expect(await target('rm_price_v1.price').orderBy('sku')).toEqual([
    { sku: 'apple', amount: '1.50' },
    { sku: 'pear', amount: null },
  ]);
});

function parseLine(line: string): BatchRow {
  const [sku, amount] = line.split(',');
  return amount === '' ? { sku } : { sku, amount };
}

test('readers see the old rows or the new ones, never none and never a mixture, while rows are swapped', async () => {
  const { start, target } = await setup();
  let generation = 0;
  const readModel = start(
    () => {
      generation += 1;
      return Array.from({ length: 3_000 }, (_, n) => ({ sku: `sku ${n}`, amount: generation }));
    },
    { every: 50 },
  );
  await ready(readModel);
  const seen = new Set<string>();
  await until('many swaps were read through', async () => {
    const rows = await target
      .from('rm_price_v1.price')
      .groupBy('amount')
      .select('amount', target.raw('count(*)::int AS rows'));
    expect(rows).toEqual([{ amount: expect.any(String) as string, rows: 3_000 }]);
    seen.add((rows[0] as { amount: string }).amount);
    return seen.size > 8;
  });
});

test('a swap does not wait for a reader that is in the middle of the old rows, and the reader keeps them', async () => {
  const { start, target, legacy } = await setup();
  // Every other load is an hour away: one that was under way, from before the update, would wait for the reader after its swap.
  const readModel = start(fromLegacy);
  await ready(readModel);
  await target.transaction(async (reader) => {
    await reader.raw('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await reader.raw('DECLARE c CURSOR FOR SELECT sku FROM rm_price_v1.price ORDER BY sku');
    await reader.raw('FETCH 10 FROM c');
    await legacy('prices').update({ amount: 0 });
    readModel.wantLoad(0);
    await until('others see the new rows', async () => {
      const row = (await target('rm_price_v1.price').sum({ amount: 'amount' }).first()) as { amount: string };
      return row.amount === '0';
    });
    const { rows } = (await reader.raw('FETCH ALL FROM c')) as { rows: unknown[] };
    expect(rows).toHaveLength(4_990);
  });
});

test.each([
  ['throws half-way', 'the source is gone', failHalfway],
  [
    'gives the same key twice',
    'duplicate key',
    () => [
      { sku: 'a', amount: 1 },
      { sku: 'a', amount: 2 },
    ],
  ],
  ['gives a column that there is not', 'colour', () => [{ sku: 'a', colour: 'red' }]],
  ['gives no rows where there were some', 'gave no rows', () => []],
] as const)('a load that %s leaves the rows and their position as they were', async (_, message, second) => {
  const { start, sum } = await setup();
  let isFirst = true;
  const readModel = start(
    (input) => {
      const load: Load = isFirst ? fromLegacy : second;
      isFirst = false;
      return load(input);
    },
    { every: 200 },
  );
  await ready(readModel);
  const position = readModel.applied.current();
  await until('the second load has failed', () => readModel.report().failures > 0);
  expect(readModel.progress()).toMatchObject({ state: 'ready' });
  expect(readModel.progress().error).toContain(message);
  expect(readModel.applied.current()).toBe(position);
  expect(await sum()).toMatchObject({ rows: 5_000 });
});

async function* failHalfway({ db }: BatchInput): AsyncGenerator<BatchRow> {
  let n = 0;
  for await (const row of rowsOf(db)) {
    n += 1;
    if (n > 3_000) throw new Error('the source is gone');
    yield row;
  }
}

test('after a failure it is tried again by itself, and the failure is forgotten', async () => {
  const { start, sum } = await setup();
  let tries = 0;
  const readModel = start(
    (input) => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return fromLegacy(input);
    },
    { every: 50 },
  );
  await ready(readModel);
  await until('it is well', () => readModel.report().failures === 0 && readModel.progress().error === undefined);
  expect(await sum()).toMatchObject({ rows: 5_000 });
});

test('a table may become empty where the definition says so', async () => {
  const { start, sum, legacy } = await setup();
  const readModel = start(fromLegacy, { every: 50, mayBeEmpty: true });
  await ready(readModel);
  await legacy('prices').delete();
  await until('it is empty', async () => (await sum()).rows === 0);
});

test('two processes never load at the same time, and both serve what either has loaded', async () => {
  const { start, sum } = await setup();
  let atOnce = 0;
  let most = 0;
  let loads = 0;
  const load: Load = async function* (input) {
    atOnce += 1;
    most = Math.max(most, atOnce);
    loads += 1;
    try {
      for await (const row of rowsOf(input.db)) {
        await new Promise(setImmediate);
        yield row;
      }
    } finally {
      atOnce -= 1;
    }
  };
  const [one, two] = [start(load), start(load)];
  await ready(one);
  await ready(two);
  expect({ most, loads }).toEqual({ most: 1, loads: 1 });
  expect(one.applied.current()).toBe(two.applied.current());
  expect(await sum()).toMatchObject({ rows: 5_000 });
});

test('a write that ends during a load is not taken to be in it, whatever the load read; one from before is', async () => {
  const { start, clock, legacy } = await setup();
  const before = await clock.read();
  let isReading = false;
  const gate = new AbortController();
  const readModel = start(async function* ({ db }) {
    yield* rowsOf(db);
    isReading = true;
    await once(gate.signal, 'abort');
  });
  await until('the load reads', () => isReading);
  await legacy('prices').update({ amount: 7 });
  const during = await clock.read();
  gate.abort();
  await ready(readModel);
  const applied = readModel.applied.current()!;
  expect(applied >= before).toBe(true);
  expect(applied < during).toBe(true);
});

test('a load that is wanted soon begins although the next one is an hour away', async () => {
  const { start, clock, sum, legacy } = await setup();
  const readModel = start(fromLegacy);
  await ready(readModel);
  await legacy('prices').update({ amount: 1 });
  const fence = await clock.read();
  readModel.wantLoad(20);
  expect(await readModel.applied.waitFor(fence, 20_000)).toBe(true);
  expect(await sum()).toEqual({ rows: 5_000, amount: '5000' });
});

test('a new process takes up the rows that are there, and loads when they are due', async () => {
  const { start, sum } = await setup();
  const first = start(fromLegacy);
  await ready(first);
  const position = first.applied.current();
  await first.stop();
  const second = start(fromLegacy);
  await ready(second);
  expect(second.applied.current()).toBe(position);
  await second.stop();
  // Another definition under the same name: its rows are others, so the old ones are not read any more.
  const third = start(() => [{ sku: 'only', amount: 1 }]);
  await ready(third);
  expect(await sum()).toEqual({ rows: 1, amount: '1' });
});

test.each([
  ['hangs between two rows', hangAfterRows],
  ['never begins', () => new Promise<never>(() => undefined)],
  ['is in the middle of a long query', longQuery],
])('a stop does not wait for a source that %s, nor does the next load', async (_, load) => {
  const { start, sum } = await setup();
  let isHanging = false;
  const hanging = start((input) => {
    isHanging = true;
    return load(input);
  });
  await until('it hangs', () => isHanging);
  await hanging.stop();
  await ready(start(fromLegacy));
  expect(await sum()).toMatchObject({ rows: 5_000 });
});

async function* hangAfterRows({ db }: BatchInput): AsyncGenerator<BatchRow> {
  yield* rowsOf(db);
  await new Promise(() => undefined);
}

async function* longQuery({ db }: BatchInput): AsyncGenerator<BatchRow> {
  await db.raw('SELECT pg_sleep(120)');
  yield* rowsOf(db);
}

test('with the log of a database as the clock, a write into any other database during a load counts as after it', async () => {
  const { legacyUrl, start, sum } = await setup();
  await using source = new PostgresSourcePosition(legacyUrl, silentLog);
  const before = await source.read();
  const positions: bigint[] = [];
  // Nobody writes into the database whose log it is, so its position need not move while rows are read.
  const readModel = start(
    async function* () {
      positions.push(await source.read());
      yield { sku: 'elsewhere', amount: 1 };
    },
    { clock: clockOf(source, () => 'a log') },
  );
  await ready(readModel);
  const applied = readModel.applied.current()!;
  expect(applied < positions[0]!).toBe(true);
  expect(applied >= before - 1n).toBe(true);
  expect(await sum()).toMatchObject({ rows: 1 });
});

test('rows that stand at a position of another log are loaded again before anybody is served from them', async () => {
  const { start, clock } = await setup();
  let log = 'before the failover';
  let loads = 0;
  const readModel = start(
    (input) => {
      loads += 1;
      return fromLegacy(input);
    },
    { clock: clockOf(clock, () => log) },
  );
  await ready(readModel);
  const first = readModel.applied.current()!;
  log = 'after it';
  await until('they were loaded again', () => loads === 2 && (readModel.applied.current() ?? 0n) > first);
});

test.each([-600_000, 600_000])(
  'a process whose clock is %d ms ahead says of its load when it was by the database, and loads when another would',
  async (aheadMs) => {
    const { target, start } = await setup();
    const realNow = Date.now;
    closers.push(() => (Date.now = realNow));
    Date.now = () => realNow() + aheadMs;
    const readModel = start(fromLegacy, { every: 120_000 });
    await ready(readModel);
    const loadedFrom = readModel.report().loadedFrom ?? 0;
    const { rows } = await target.raw<{ rows: { age: string }[] }>(
      `SELECT abs(extract(epoch FROM clock_timestamp()) - ?::float8 / 1000)::text AS age`,
      [loadedFrom],
    );
    expect(Number(rows[0]!.age)).toBeLessThan(120);
    expect(readModel.overdueSeconds()).toBe(0);
    // The next load is two minutes after that one, and not twelve, nor at once.
    expect(readModel.report().nextAt).toBe(loadedFrom + 120_000);
    await target('fig.batch_load').update({ loaded_from: target.raw(`clock_timestamp() - interval '5 minutes'`) });
    await until('it loads again', () => (readModel.report().loadedFrom ?? 0) > loadedFrom);
  },
);
