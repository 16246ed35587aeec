import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { parsePosition, type Position } from '../../../../src/kernel/position.ts';
import { ContinuityMarks } from '../../../../src/sync/kafka/debezium/continuity-marks.ts';
import { SourceWatch } from '../../../../src/sync/kafka/debezium/source-watch.ts';
import { identifySource, type SourceIdentity } from '../../../../src/sync/postgres/identify-source.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database[Symbol.asyncDispose]();
});

/** Knows what was said of marks. */
class ToldMarks extends ContinuityMarks {
  readonly ends = new Map<string, Position>();

  override written(mark: string, end: Position): void {
    this.ends.set(mark, end);
    super.written(mark, end);
  }
}

/** A watch beside a slot, which a connector would have, and a second one by which the log is read. */
async function watch(slot: string, more: Partial<SourceIdentity> = {}) {
  for (const name of [slot, `${slot}_log`]) {
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [name]);
  }
  const others: unknown[] = [];
  const marks = new ToldMarks();
  const identity = { ...(await identifySource(database.url)), ...more };
  const onOther = (error: unknown): unknown => others.push(error);
  const options = { url: database.url, slot, identity, marks, onOther, log: silentLog };
  return { watching: new SourceWatch(options), marks, others };
}

/** Each mark in the log, and where the transaction ends that wrote it. */
async function marksInLog(slot: string): Promise<ReadonlyMap<string, Position>> {
  const { rows } = await client.query<{ lsn: string; data: string }>(
    'SELECT lsn::text, data FROM pg_logical_slot_peek_changes($1, NULL, NULL)',
    [`${slot}_log`],
  );
  const found = new Map<string, Position>();
  let mark: string | undefined;
  for (const { lsn, data } of rows) {
    mark = /content:(mark .*)$/.exec(data)?.[1] ?? mark;
    if (!data.startsWith('COMMIT') || mark === undefined) continue;
    found.set(mark, parsePosition(lsn));
    mark = undefined;
  }
  return found;
}

async function write(): Promise<Position> {
  await client.query(`SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000))`);
  const { rows } = await client.query<{ at: string }>('SELECT pg_current_wal_insert_lsn()::text AS at');
  return parsePosition(rows[0]!.at);
}

async function looks(marks: ToldMarks): Promise<void> {
  const before = marks.ends.size;
  await until('it was looked again', async () => {
    await write();
    return marks.ends.size > before;
  });
}

test('a position is written to the topics when the slot was told of it, and a mark from after that is back', async () => {
  const { watching, marks } = await watch('told');
  await using _ = watching;
  const position = await write();
  expect(watching.hasWritten(position)).toBe(false);
  await looks(marks);
  await looks(marks);
  for (const mark of marks.ends.keys()) watching.saw({ content: mark });
  // The slot stands before it, whatever has come.
  expect(watching.hasWritten(position)).toBe(false);
  const early = new Set(marks.ends.keys());
  const { rows } = await client.query<{ at: string }>('SELECT pg_current_wal_insert_lsn()::text AS at');
  await client.query('SELECT pg_replication_slot_advance($1, $2)', ['told', rows[0]!.at]);
  await until('a mark was written after that', () => [...marks.ends.keys()].some((mark) => !early.has(mark)));
  expect(watching.hasWritten(position)).toBe(false);
  for (const mark of early) watching.saw({ content: mark });
  expect(watching.hasWritten(position)).toBe(false);
  await until('it is back', () => {
    for (const mark of marks.ends.keys()) watching.saw({ content: mark });
    return watching.hasWritten(position);
  });
  expect(watching.hasWritten(parsePosition(rows[0]!.at) + 1_000_000n)).toBe(false);
});

test('a mark ends in the log where it is said to end, or before', async () => {
  const { watching, marks } = await watch('ends');
  await using _ = watching;
  for (let n = 0; n < 3; n += 1) await looks(marks);
  const inLog = await marksInLog('ends');
  for (const [mark, end] of marks.ends) expect(inLog.get(mark)).toBeLessThanOrEqual(end);
  // Read back in their order they tell of no gap.
  for (const [mark, endPosition] of inLog) {
    const messages = [{ prefix: 'strangler-fig', content: mark }];
    expect(marks.isGapBefore({ messages, endPosition })).toBe(false);
  }
  expect(marks.hasSeenAny).toBe(true);
});

test.each([
  ['another timeline', 'timeline', { timeline: 7 }],
  ['another server', 'server', { system: 'another one' }],
])('who meets %s writes no mark, and says so', async (_name, slot, met) => {
  const { watching, marks, others } = await watch(slot, met);
  await using _ = watching;
  await until('it is said', () => others.length > 0);
  expect(others[0]).toMatchObject({ code: 'FIG_LOG_FORKED' });
  expect(marks.ends.size).toBe(0);
  expect(await marksInLog(slot)).toEqual(new Map());
});
