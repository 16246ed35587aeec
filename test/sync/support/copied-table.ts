import { expect } from 'vitest';
import { defineReadModel, type ReadModelDefinition } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import type { SyncSetup } from '../fixtures.ts';

/** A read model that has the keys of one legacy table and nothing else: what is looked at is its mirror. */
export function keysOf(table: string, key: string | readonly string[] = 'id'): ReadModelDefinition {
  const column = [key].flat()[0]!;
  return defineReadModel({
    name: 'summary',
    version: 1,
    key: 'k',
    root: table,
    table: (t) => {
      t.text('k').primary();
    },
    sources: { [table]: { key, dirty: (row) => [String(row[column])] } },
    build: (keys, mirror, db) =>
      mirror(table)
        .whereRaw('??::text = ANY(?)', [column, [...keys] as string[]])
        .distinct(db.raw('??::text AS k', [column])),
  });
}

/** Applies what was written so far, then compares each row of the mirror with legacy's. */
export async function expectMirrored({ legacy, target }: SyncSetup, table: string, capture: Capture): Promise<void> {
  await until('the read model is ready', () => {
    const progress = capture.progressOf('summary');
    if (progress.state === 'ready') return true;
    throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
  });
  const position = await capture.source.read();
  capture.source.nudge();
  if (!(await capture.applied('summary')!.waitFor(position, 20_000))) throw new Error(capture.status().error);
  const theirs = (await legacy.raw(digests(table))) as { rows: unknown[] };
  const mirrored = (await target.raw(digests(`mirror_summary_v1.${table}`))) as { rows: unknown[] };
  expect(mirrored.rows.length).toBe(theirs.rows.length);
  expect(mirrored.rows).toEqual(theirs.rows);
}

function digests(table: string): string {
  return `SELECT md5(t::text) AS digest FROM ${table} AS t ORDER BY 1`;
}
