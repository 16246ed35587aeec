import type { Knex } from 'knex';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { ChangeHandler, RowChange } from '../../../src/config/row-change.ts';
import type { EventReadModelDefinition } from '../../../src/config/event-read-model.ts';
import type { SourceRow } from '../../../src/config/source-row.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import type { SyncSetup } from '../fixtures.ts';

/** Two legacy tables that have nothing to do with each other; `rev` counts the writes of a row. */
export const tallySchema = `
  CREATE TABLE moves (id bigint PRIMARY KEY, grp text NOT NULL, n numeric NOT NULL, rev int NOT NULL DEFAULT 0, big text,
    at timestamptz NOT NULL DEFAULT '2024-02-29 12:34:56.789012+02');
  ALTER TABLE moves ALTER COLUMN big SET STORAGE EXTERNAL;
  CREATE TABLE tags (name text, part int, weight int NOT NULL, rev int NOT NULL DEFAULT 0, PRIMARY KEY (name, part));`;

/** Counts and sums by group, which go wrong for good when a change is given twice, and a history of all that was given. */
export function tally(version: number, more: Partial<EventReadModelDefinition> = {}): EventReadModelDefinition {
  return defineReadModel({
    name: 'tally',
    version,
    key: 'grp',
    table: (t) => {
      t.text('grp').primary();
      t.integer('rows').notNullable();
      t.specificType('total', 'numeric').notNullable();
    },
    tables: {
      weights: (t) => {
        t.text('name').primary();
        t.bigInteger('total').notNullable();
      },
      history: (t) => {
        t.bigIncrements('seq');
        t.text('source').notNullable();
        t.text('kind').notNullable();
        t.json('before');
        t.json('after');
        t.specificType('position', 'numeric').notNullable();
        t.timestamp('committed_at');
      },
    },
    sources: {
      moves: { key: 'id', keyOf: (row) => String(row['grp']) },
      tags: { key: ['name', 'part'] },
    },
    on: { moves: tallyMoves, tags: weighTags },
    ...more,
  });
}

export const tallyMoves: ChangeHandler = async (change, tx) => {
  await remember(change, tx);
  if (change.kind === 'truncate') await tx('tally').delete();
  if (change.before) await add(tx, change.before, -1);
  if (change.after) await add(tx, change.after, 1);
};

export const weighTags: ChangeHandler = async (change, tx) => {
  await remember(change, tx);
  if (change.kind === 'truncate') await tx('weights').delete();
  for (const [row, sign] of [[change.before, -1] as const, [change.after, 1] as const]) {
    if (!row) continue;
    await tx.raw(
      `INSERT INTO weights AS w VALUES (?, ?::bigint) ON CONFLICT (name) DO UPDATE SET total = w.total + EXCLUDED.total`,
      [row['name']!, sign * Number(row['weight'])],
    );
  }
};

async function add(tx: Knex, row: SourceRow, sign: number): Promise<void> {
  await tx.raw(
    `INSERT INTO tally AS t VALUES (?, ?::int, ?::numeric * ?::int)
     ON CONFLICT (grp) DO UPDATE SET rows = t.rows + EXCLUDED.rows, total = t.total + EXCLUDED.total`,
    [row['grp']!, sign, String(row['n']), sign],
  );
}

async function remember({ table, kind, before, after, position, committedAt }: RowChange, tx: Knex): Promise<void> {
  await tx('history').insert({
    source: table,
    kind,
    before: before && JSON.stringify(before),
    after: after && JSON.stringify(after),
    position: position.toString(),
    committed_at: committedAt,
  });
}

export interface Told {
  readonly source: 'moves' | 'tags';
  readonly kind: RowChange['kind'];
  readonly before: SourceRow | null;
  readonly after: SourceRow | null;
  readonly position: bigint;
  readonly committedAt: string | null;
}

function parsed(text: string | null | undefined): SourceRow | null {
  return JSON.parse(text ?? 'null') as SourceRow | null;
}

/** All that handlers were told, in order. */
export async function told(target: Knex, version: number): Promise<readonly Told[]> {
  const rows: Record<string, string>[] = await target(`rm_tally_v${version}.history`).orderBy('seq').select();
  return rows.map((row) => ({
    source: row['source'] as Told['source'],
    kind: row['kind'] as Told['kind'],
    before: parsed(row['before']),
    after: parsed(row['after']),
    position: BigInt(row['position']!),
    committedAt: row['committed_at'] ?? null,
  }));
}

function rowsOf(result: unknown): readonly unknown[] {
  return (result as { rows: unknown[] }).rows;
}

/** What the tables hold, and what a count over legacy gives now. */
export async function sums(
  { legacy, target }: SyncSetup,
  version: number,
): Promise<Record<'stored' | 'fresh', { readonly moves: readonly unknown[]; readonly tags: readonly unknown[] }>> {
  const [schema, moves, weights] = [`rm_tally_v${version}`, 'rows, trim_scale(total)::text AS total', 'total::text'];
  return {
    stored: {
      moves: rowsOf(
        await target.raw(
          `SELECT grp, ${moves} FROM ${schema}.tally WHERE rows <> 0 OR total <> 0 ORDER BY grp COLLATE "C"`,
        ),
      ),
      tags: rowsOf(
        await target.raw(`SELECT name, ${weights} FROM ${schema}.weights WHERE total <> 0 ORDER BY name COLLATE "C"`),
      ),
    },
    fresh: {
      moves: rowsOf(
        await legacy.raw(
          `SELECT grp, count(*)::int AS rows, trim_scale(sum(n))::text AS total FROM moves GROUP BY grp ORDER BY grp COLLATE "C"`,
        ),
      ),
      tags: rowsOf(
        await legacy.raw(
          `SELECT name, sum(weight)::text AS total FROM tags GROUP BY name HAVING sum(weight) <> 0 ORDER BY name COLLATE "C"`,
        ),
      ),
    },
  };
}

export async function untilState(capture: Capture, state: string): Promise<void> {
  const isThere = (): boolean => {
    const progress = capture.progressOf('tally');
    if (progress.state === state) return true;
    throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
  };
  // Every row and change is a call of a handler, while legacy goes on writing.
  await until(`the read model is ${state}`, isThere, 60_000);
}

/** Waits until all that legacy has committed by now is applied. */
export async function fenced(capture: Capture): Promise<void> {
  await untilState(capture, 'ready');
  const position = await capture.source.read();
  capture.source.nudge();
  const reached = await capture.applied('tally')!.waitFor(position, 20_000);
  if (!reached) throw new Error(`the read model did not catch up: ${capture.status().error}`);
}
