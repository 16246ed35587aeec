import type { Knex } from 'knex';
import type { DifferenceKind } from '../../store/reconciliation-store.ts';
import type { DeclarativeProjection } from '../projection/declarative-projection.ts';
import type { DirtyBuild } from '../projection/dirty-build.ts';
import { BuiltRows } from './built-rows.ts';
import { MAX_SUSPECTS } from './find-differences.ts';
import { abandonIf } from './snapshot-pair.ts';

const PAGE = 1_000;

export interface ReadModelComparison {
  /** Keys compared. */
  readonly keys: number;
  readonly keyType: string;
  readonly differing: ReadonlyMap<string, DifferenceKind>;
  readonly truncated: boolean;
}

export interface ReadModelParts {
  readonly projection: DeclarativeProjection;
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
  let keys = 0;
  const note = (found: ReadonlyMap<string, DifferenceKind>, compared: number): boolean => {
    for (const [key, kind] of found) differing.set(key, kind);
    keys += compared;
    onKeys(keys);
    return differing.size >= MAX_SUSPECTS;
  };
  for (let after: string | null = null; ;) {
    const page = await inSnapshot(parts, async (tx) => {
      const next = await built.keysAfter(tx, after, PAGE);
      return { next, found: await built.compare(tx, next) };
    });
    if (note(page.found, page.next.length)) return { keys, keyType, differing, truncated: true };
    const last = page.next.at(-1);
    if (last === undefined) break;
    after = last;
  }
  for (const source of keyed.walked) {
    const mirror = projection.mirrors.get(source)!;
    for (let after: readonly string[] | null = null; ;) {
      const page = await inSnapshot(parts, async (tx) => {
        const rows = await mirror.page(tx, after, PAGE);
        const absent = await built.keysWithoutRow(tx, await keyed.dirtyKeysIn(tx, source, rows));
        return { rows, absent, found: await built.compare(tx, absent) };
      });
      if (note(page.found, page.found.size)) return { keys, keyType, differing, truncated: true };
      const last = page.rows.at(-1);
      if (!last) break;
      after = mirror.key.map((column) => last[column]!);
    }
  }
  return { keys, keyType, differing, truncated: false };
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
    for (const [key, kind] of await inSnapshot(parts, (tx) => built.compare(tx, slice))) differing.set(key, kind);
  }
  return differing;
}

function inSnapshot<T>({ target, signal }: ReadModelParts, work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
  abandonIf(signal);
  return target.transaction(work, { isolationLevel: 'repeatable read', readOnly: true });
}
