import { expect, test } from 'vitest';
import type { Mirror, SourceDefinition } from '../../../src/config/read-model-definition.ts';
import type { SourceRow } from '../../../src/config/source-row.ts';
import { DirtyKeys, type KeyRoom, StoredRowsNeeded } from '../../../src/sync/projection/dirty-keys.ts';
import type { LandedRow } from '../../../src/sync/mirror/mirror-table.ts';

const columns = [
  { name: 'id', mirrorType: 'integer', sourceType: 'integer' },
  { name: 'order_id', mirrorType: 'bigint', sourceType: 'bigint' },
  { name: 'open', mirrorType: 'boolean', sourceType: 'boolean' },
];
const noMirror = (() => undefined) as unknown as Mirror;
/** Nothing here is asked of a database. */
const room: KeyRoom = { tx: {} as KeyRoom['tx'], most: Number.POSITIVE_INFINITY, spill: async () => undefined };

async function ask(dirty: SourceDefinition['dirty'], ...landed: LandedRow[]): Promise<readonly string[]> {
  const keys = new Set<string>();
  await new DirtyKeys({ key: 'id', dirty }, columns, ['id']).ofLanded(landed, noMirror, keys, room);
  return [...keys];
}
const row = { id: '7', order_id: '9007199254740993', open: 't' };
const byKey = ({ id }: SourceRow): number[] => [Number(id)];
const broken = (): never => {
  throw new TypeError('broken');
};
const onlyKey: LandedRow = { row: { id: '7' }, known: 'key' };

test('a dirty that looks at the key alone is asked once, whatever is known of the row', async () => {
  expect(await ask(byKey, { row, known: 'row' }, onlyKey, { row, known: 'history' })).toEqual(['7']);
  expect(await ask(async (each) => byKey(each), { row, known: 'row' })).toEqual(['7']);
});

test.each<[string, SourceDefinition['dirty']]>([
  ['reads another column', ({ order_id }) => [String(order_id)]],
  ['reads it on one path only', (each) => (each.id === 7 && each.open !== false ? [1] : [2])],
  ['reads it after waiting', async (each) => Promise.resolve().then(() => [String(each.order_id)])],
  ['spreads the row', (each) => [String({ ...each }.id)]],
  ['lists the columns', (each) => Object.keys(each)],
  ['asks whether there is a column', (each) => ('open' in each ? [1] : [])],
  ['fails on what is not known', (each) => [(each.order_id as string).length]],
])('a dirty that %s needs the stored row, and says so instead of guessing', async (_, dirty) => {
  await expect(ask(dirty, { row, known: 'row' })).rejects.toBeInstanceOf(StoredRowsNeeded);
  await expect(ask(dirty, onlyKey)).rejects.toBeInstanceOf(StoredRowsNeeded);
  expect((await ask(dirty, { row, known: 'history' })).length).toBeGreaterThan(0);
});

test('a watched row is like a plain one: decoded, listed, spread, written', async () => {
  let seen: unknown;
  const dirty = (each: SourceRow): number[] => {
    seen = [each.id, each.open, each.missing, { ...each }, JSON.stringify(each), Object.assign(each, { id: 8 }).id];
    return [];
  };
  await ask(dirty, { row, known: 'history' });
  const plain = { id: 7, order_id: '9007199254740993', open: true };
  expect(seen).toEqual([7, true, undefined, plain, JSON.stringify(plain), 8]);
});

test('an error of dirty itself is an error', async () => {
  await expect(ask(broken, onlyKey)).rejects.toThrow('broken');
});
