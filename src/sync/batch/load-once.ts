import type { Knex } from 'knex';
import type { BatchInput, BatchReadModelDefinition } from '../../config/batch-read-model.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { BatchStore, type BatchRows } from '../../store/batch-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import type { BatchClock } from './batch-clock.ts';
import { BatchTable } from './batch-table.ts';
import { rowsInPieces } from './rows-in-pieces.ts';

const ROWS_PER_PIECE = 2_000;

export interface LoadOptions {
  readonly definition: BatchReadModelDefinition;
  readonly fingerprint: string;
  /** The target database; a load takes two of its connections. */
  readonly target: Knex;
  readonly clock: BatchClock;
  readonly input: BatchInput;
  /** Told how many rows are written so far. */
  readonly onRows: (rows: number) => void;
  /** Told who still reads the rows from before, which then stay until the next load. */
  readonly onKept: (readers: string) => void;
}

/**
 * Loads all rows into a table beside the present one and swaps the two. Undefined: another process is loading. Throws what went
 * wrong; then the rows are what they were.
 */
export async function loadOnce(options: LoadOptions): Promise<BatchRows | undefined> {
  const { definition, target, input } = options;
  const { projection } = readModelNames(definition);
  const table = new BatchTable(definition);
  // The swap is made by the transaction that holds the lock: whoever lost the lock with their connection cannot swap.
  const loaded = await target.transaction(async (lock) => {
    const { rows } = (await lock.raw('SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0)) AS mine', [
      `fig batch ${projection}`,
    ])) as { rows: { mine: boolean }[] };
    return rows[0]!.mine ? fillAndSwap(options, projection, table, lock) : undefined;
  });
  const readers = loaded && !input.signal.aborted ? await table.dropOld(target) : undefined;
  if (readers !== undefined) options.onKept(readers);
  return loaded;
}

async function fillAndSwap(
  { definition, fingerprint, target, clock, input, onRows }: LoadOptions,
  projection: string,
  table: BatchTable,
  lock: Knex.Transaction,
): Promise<BatchRows> {
  const store = new BatchStore();
  const loadedFrom = await store.now(target);
  await store.began(target, projection, loadedFrom);
  const { loaded: before } = await store.find(target, projection);
  const position = await clock.begin();
  const name = clock.name();
  await table.prepare(target);
  let count = 0;
  for await (const piece of rowsInPieces(definition.load(input), ROWS_PER_PIECE, input.signal)) {
    await table.write(target, piece);
    count += piece.length;
    onRows(count);
  }
  if (count === 0 && before !== undefined && before.rows > 0 && definition.batch.mayBeEmpty !== true) {
    throw new FigError(
      'FIG_BATCH_FAILED',
      `the load of ${definition.name} gave no rows, where the one before gave ${before.rows}`,
      {
        remedy: 'If it is right that there are none, set batch.mayBeEmpty.',
      },
    );
  }
  await table.analyze(target);
  const rows: BatchRows = {
    fingerprint,
    // Of a log that changed its name while rows were loaded, nobody knows what the position means.
    clock: name !== undefined && name === clock.name() ? name : '',
    position,
    rows: count,
    loadedFrom,
    loadedAt: await store.now(target),
  };
  await table.swap(lock);
  await store.succeeded(lock, projection, rows);
  return rows;
}
