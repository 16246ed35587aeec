import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import type { SourceRow } from '../../config/source-row.ts';
import { mirrorTableName, readModelNames } from '../../store/read-model-names.ts';
import { compareRows, type KeyDifference } from './compare-rows.ts';
import { quoteName } from '../postgres/bulk-upsert.ts';
import { mirrorIn } from '../mirror/mirror-in.ts';
import type { PrintedRows, ReadModelTable } from '../projection/read-model-table.ts';

/** Rows of one source that are tried for one key, the latest first. */
const TRIED_PER_SOURCE = 50;

/** A legacy row that was written after the key was built, that the key is made of, and whose change did not name it. */
export interface Cause {
  readonly source: string;
  readonly sourceKey: readonly string[];
  /** Whether `dirty` names the key for the row as it is now; then it was an earlier state that it did not name it for. */
  readonly isNamedNow: boolean;
}

interface Candidate {
  readonly at: string;
  readonly row: SourceRow;
}

class Undo extends Error {}

/**
 * Which change failed to mark a key as dirty: of the mirrored rows that were written after the key was built, those without
 * which its build gives something else. That is tried out: a row is taken away in a transaction that is rolled back. A row
 * that is gone by now, or that belongs to another key by now, cannot be found this way.
 */
export async function explainDifference(
  db: Knex,
  model: ReadModelDefinition,
  table: ReadModelTable,
  { key }: KeyDifference,
): Promise<readonly Cause[]> {
  const causes: Cause[] = [];
  try {
    await db.transaction(
      async (tx) => {
        // Capture must not wait for us, nor we for it.
        await tx.raw(`SET LOCAL lock_timeout = '200ms'`);
        const now = await buildOf(tx, model, table, key);
        for (const source of Object.keys(model.sources)) {
          for (const candidate of await writtenSince(tx, model, source, key)) {
            if (await isMadeOf(tx, model, table, source, candidate, key, now)) {
              causes.push(await causeOf(tx, model, source, candidate, key));
            }
          }
        }
        throw new Undo();
      },
      { isolationLevel: 'repeatable read' },
    );
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  return causes;
}

async function buildOf(
  tx: Knex.Transaction,
  model: ReadModelDefinition,
  table: ReadModelTable,
  key: string,
): Promise<PrintedRows> {
  return table.printed(tx, await model.build([key], mirrorIn(tx, readModelNames(model).mirror), tx));
}

/**
 * Every batch is one transaction and they come one after the other, so of two rows the one with the younger xmin was
 * written later. The latest first.
 */
async function writtenSince(
  tx: Knex.Transaction,
  model: ReadModelDefinition,
  source: string,
  key: string,
): Promise<readonly Candidate[]> {
  const { schema, mirror } = readModelNames(model);
  const { rows } = await tx.raw<{ rows: { at: string }[] }>(
    `SELECT m.ctid::text AS at FROM ${quoteName(mirror)}.${quoteName(mirrorTableName(source))} AS m
      WHERE age(m.xmin) < coalesce((SELECT min(age(r.xmin)) FROM ${quoteName(schema)}.${quoteName(model.name)} AS r
                                     WHERE r.${quoteName(model.key)}::text = ?), 2147483647)
      ORDER BY age(m.xmin) LIMIT ${TRIED_PER_SOURCE}`,
    [key],
  );
  const candidates: Candidate[] = [];
  for (const { at } of rows) {
    const row: SourceRow | undefined = await mirrorIn(tx, mirror)(source).whereRaw('ctid = ?::tid', [at]).first();
    if (row) candidates.push({ at, row });
  }
  return candidates;
}

async function isMadeOf(
  tx: Knex.Transaction,
  model: ReadModelDefinition,
  table: ReadModelTable,
  source: string,
  { at }: Candidate,
  key: string,
  now: PrintedRows,
): Promise<boolean> {
  let differs = false;
  try {
    await tx.transaction(async (savepoint) => {
      await mirrorIn(savepoint, readModelNames(model).mirror)(source).whereRaw('ctid = ?::tid', [at]).delete();
      const without = await buildOf(savepoint, model, table, key);
      const columns = now.columns.length === 0 ? without.columns : now.columns;
      differs = compareRows(model.key, { ...now, columns }, { ...without, columns }).length > 0;
      throw new Undo();
    });
  } catch (error) {
    // A row that is being written just now says nothing; nor does one without which nothing can be built.
    if (!(error instanceof Undo)) return false;
  }
  return differs;
}

async function causeOf(
  tx: Knex.Transaction,
  model: ReadModelDefinition,
  source: string,
  { row }: Candidate,
  key: string,
): Promise<Cause> {
  const definition = model.sources[source]!;
  const named = await definition.dirty(row, mirrorIn(tx, readModelNames(model).mirror));
  const sourceKey = [definition.key].flat().map((column) => String(row[column]));
  return { source, sourceKey, isNamedNow: named.map(String).includes(key) };
}
