import { expect } from 'vitest';
import type { SyncSetup } from '../fixtures.ts';
import { replayed } from './replayed-history.ts';
import { sums, told, type Told } from './tally-model.ts';

const byKey = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

/** That the sums are those of legacy, and that what was told leads to its rows with nothing twice and nothing missing. */
export async function expectExact(setup: SyncSetup, version: number): Promise<readonly Told[]> {
  const { stored, fresh } = await sums(setup, version);
  expect(stored).toEqual(fresh);
  const events = await told(setup.target, version);
  const rows = replayed(events);
  const moves = await setup.legacy.raw(`SELECT id, grp, n::text AS n, rev, big, at::text AS at FROM moves`);
  expect(byKey(rows.moves)).toEqual(byKey((moves as { rows: object[] }).rows));
  expect(byKey(rows.tags)).toEqual(byKey(await setup.legacy('tags').select('name', 'part', 'weight', 'rev')));
  return events;
}
