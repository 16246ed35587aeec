import type { Knex } from 'knex';
import { DeadLetterStore } from '../../store/dead-letter-store.ts';
import type { DifferenceKind } from '../../store/reconciliation-store.ts';
import { isolateFailures } from '../dead-letters/isolate-failures.ts';
import { isParkable } from '../dead-letters/transient-errors.ts';
import type { BuiltRows } from './built-rows.ts';

export interface BuiltComparison {
  readonly differing: ReadonlyMap<string, DifferenceKind>;
  /** Keys of which nothing can be said: they are parked, or `build` fails for them, as for one whose letter was discarded. */
  readonly leftOut: readonly string[];
}

/** Compares those of the keys that can be built, in the transaction's snapshot. */
export async function compareBuilt(
  tx: Knex.Transaction,
  projection: string,
  built: BuiltRows,
  keys: readonly string[],
): Promise<BuiltComparison> {
  const letters = await new DeadLetterStore().list(tx, [projection]);
  const parked = new Set(letters.flatMap(({ key }) => key ?? []));
  const leftOut = keys.filter((key) => parked.has(key));
  const differing = new Map<string, DifferenceKind>();
  await isolateFailures(
    leftOut.length === 0 ? keys : keys.filter((key) => !parked.has(key)),
    (part) =>
      tx.transaction(async (savepoint) => {
        for (const [key, kind] of await built.compare(savepoint, part)) differing.set(key, kind);
      }),
    (key) => {
      leftOut.push(key);
      return true;
    },
    isParkable,
  );
  return { differing, leftOut };
}
