import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import type { SourceRow } from '../../config/source-row.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import { DeadLetterStore } from '../../store/dead-letter-store.ts';
import { ProjectionStore } from '../../store/projection-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { compareRows, type KeyDifference } from './compare-rows.ts';
import { describeFailure, type Failure } from '../dead-letters/describe-failure.ts';
import { type Cause, explainDifference } from './explain-difference.ts';
import { isolateFailures } from '../dead-letters/isolate-failures.ts';
import { mirrorIn } from '../mirror/mirror-in.ts';
import { ReadModelTable } from '../projection/read-model-table.ts';
import { isParkable } from '../dead-letters/transient-errors.ts';

/** Differences whose cause is looked for; one careless `dirty` makes many of one kind. */
const EXPLAINED = 10;
const KEYS_PER_BUILD = 500;

export interface Verification {
  readonly position: Position;
  /** Keys that were built and compared. */
  readonly checked: number;
  /** Keys that are parked, which are known to be wrong and not counted. */
  readonly parked: number;
  readonly differences: readonly (KeyDifference & {
    /** Undefined: it was not looked for. Empty: no row that is there now explains it. */
    readonly causes?: readonly Cause[] | undefined;
  })[];
  /** Keys that cannot be built now, and why. */
  readonly failed: readonly (Failure & { readonly key: string })[];
}

/**
 * Builds sampled keys from the mirror and compares them with what is stored, in one snapshot of the target, so that changes
 * that come in meanwhile make no difference. A difference means that some change named no key that it should have named.
 */
export async function verifyModel(db: Knex, model: ReadModelDefinition, sample: number): Promise<Verification> {
  const names = readModelNames(model);
  const table = new ReadModelTable(names.schema, model);
  const verification = await db.transaction(
    async (tx) => {
      const row = await new ProjectionStore().find(tx, names.projection);
      if (row?.state !== 'ready') {
        const state = row === undefined ? 'not there yet' : row.state;
        throw new FigError('FIG_READ_MODEL_NOT_READY', `the read model ${model.name} is ${state}`);
      }
      const letters = await new DeadLetterStore().list(tx, [names.projection]);
      const parked = new Set(letters.flatMap(({ key }) => key ?? []));
      const keys = (await sampleOf(tx, model, table, names.mirror, sample)).filter((key) => !parked.has(key));
      const differences: KeyDifference[] = [];
      const failed: (Failure & { key: string })[] = [];
      const compare = async (savepoint: Knex.Transaction, part: readonly string[]): Promise<void> => {
        const built = await table.printed(
          savepoint,
          await model.build(part, mirrorIn(savepoint, names.mirror), savepoint),
        );
        // Where nothing is built, whatever is stored is too much.
        const columns = built.columns.length === 0 ? [model.key] : built.columns;
        const stored = await table.stored(savepoint, part, columns);
        differences.push(...compareRows(model.key, { ...built, columns }, stored));
      };
      for (let start = 0; start < keys.length; start += KEYS_PER_BUILD) {
        await isolateFailures(
          keys.slice(start, start + KEYS_PER_BUILD),
          (part) => tx.transaction((savepoint) => compare(savepoint, part)),
          (key, error) => {
            failed.push({ key, ...describeFailure(error) });
            return true;
          },
          isParkable,
        );
      }
      return { position: row.position, checked: keys.length, parked: parked.size, differences, failed };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
  const explained: Verification['differences'][number][] = [];
  for (const [n, difference] of verification.differences.entries()) {
    const causes = n < EXPLAINED ? await explainDifference(db, model, table, difference) : undefined;
    explained.push({ ...difference, causes });
  }
  return { ...verification, differences: explained };
}

/** Half from what is stored, half from the rows that it is made of: a key that was never built is in the latter only. */
async function sampleOf(
  tx: Knex.Transaction,
  model: ReadModelDefinition,
  table: ReadModelTable,
  schema: string,
  sample: number,
): Promise<readonly string[]> {
  const keys = new Set(await table.sampleKeys(tx, Math.ceil(sample / 2)));
  const mirror = mirrorIn(tx, schema);
  const roots = model.root === undefined ? Object.keys(model.sources) : [model.root];
  for (const root of roots) {
    const rows: SourceRow[] = await mirror(root)
      .select()
      .orderByRaw('random()')
      .limit(Math.ceil(sample / 2 / roots.length));
    for (const row of rows) {
      for (const key of await model.sources[root]!.dirty(row, mirror)) if (keys.size < sample) keys.add(String(key));
    }
  }
  return [...keys];
}
