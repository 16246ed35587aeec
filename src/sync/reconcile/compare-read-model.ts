import type { Knex } from 'knex';
import type { DifferenceKind } from '../../store/reconciliation-store.ts';
import type { Projection } from '../projection/projection.ts';
import type { DirtyBuild } from '../projection/dirty-build.ts';
import { BuiltRows } from './built-rows.ts';
import { type BuiltComparison, compareBuilt } from './compare-built.ts';
import { MAX_SUSPECTS } from './find-differences.ts';
import { abandonIf } from './snapshot-pair.ts';

const PAGE = 1_000;

export interface ReadModelComparison {
  /** Keys compared. */
  readonly keys: number;
  readonly keyType: string;
  readonly differing: ReadonlyMap<string, DifferenceKind>;
  readonly truncated: boolean;
  /** Keys that cannot be built, so that nothing can be said of them. */
  readonly leftOut: number;
}

export interface ReadModelParts {
  readonly projection: Projection;
  readonly keyed: DirtyBuild;
  readonly target: Knex;
  readonly signal: AbortSignal;
}

/**
 * Compares a read model with what `build` gives for its keys, and for all keys that the mirror makes dirty. Mirror and read
 * model move in one transaction, so any snapshot of the target is exact; a page takes one of its own.
 */
export async function compareReadModel(
  parts: ReadModelParts,
  onKeys: (keys: number) => void,
): Promise<ReadModelComparison> {
  const { projection, keyed } = parts;
  const built = new BuiltRows(projection, keyed);
  const differing = new Map<string, DifferenceKind>();
  const keyType = await inSnapshot(parts, (tx) => built.keyType(tx));
  const leftOut = new Set<string>();
  const { projection: name } = projection.names;
  let keys = 0;
  const note = (found: BuiltComparison, compared: number): boolean => {
    for (const [key, kind] of found.differing) differing.set(key, kind);
    for (const key of found.leftOut) leftOut.add(key);
    keys += compared;
    onKeys(keys);
    return differing.size >= MAX_SUSPECTS;
  };
  for (let after: string | null = null; ;) {
    const page = await inSnapshot(parts, async (tx) => {
      const next = await built.keysAfter(tx, after, PAGE);
      return { next, found: await compareBuilt(tx, name, built, next) };
    });
    if (note(page.found, page.next.length - page.found.leftOut.length))
      return { keys, keyType, differing, truncated: true, leftOut: leftOut.size };
    const last = page.next.at(-1);
    if (last === undefined) break;
    after = last;
  }
  for (const source of keyed.walked) {
    const mirror = projection.mirrors.get(source)!;
    for (let after: readonly string[] | null = null; ;) {
      const page = await inSnapshot(parts, async (tx) => {
        const rows = await mirror.page(tx, after, PAGE);
        const absent = new Set<string>();
        await keyed.dirtyKeysIn(tx, source, rows, async (dirty) => {
          for (const key of await built.keysWithoutRow(tx, dirty)) absent.add(key);
        });
        return { rows, found: await compareBuilt(tx, name, built, [...absent]) };
      });
      if (note(page.found, page.found.differing.size))
        return { keys, keyType, differing, truncated: true, leftOut: leftOut.size };
      const last = page.rows.at(-1);
      if (!last) break;
      after = mirror.key.map((column) => last[column]!);
    }
  }
  return { keys, keyType, differing, truncated: false, leftOut: leftOut.size };
}

/** Which of the keys differ now. */
export async function compareKeys(
  parts: ReadModelParts,
  keys: readonly string[],
): Promise<ReadonlyMap<string, DifferenceKind>> {
  const built = new BuiltRows(parts.projection, parts.keyed);
  const differing = new Map<string, DifferenceKind>();
  for (let start = 0; start < keys.length; start += PAGE) {
    const slice = keys.slice(start, start + PAGE);
    const found = await inSnapshot(parts, (tx) => compareBuilt(tx, parts.projection.names.projection, built, slice));
    for (const [key, kind] of found.differing) differing.set(key, kind);
  }
  return differing;
}

function inSnapshot<T>({ target, signal }: ReadModelParts, work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
  abandonIf(signal);
  return target.transaction(work, { isolationLevel: 'repeatable read', readOnly: true });
}
