import type { Difference } from '../../src/kernel/verdict.ts';
import type { StoredComparison } from './compare-stored.ts';
import { isTouchedBy } from './path-touch.ts';

// Nothing here does I/O.

/** What one stored question says of a group that it is a sample of. */
export type Told =
  | { readonly outcome: 'gone' | 'remains' }
  /** A label. */
  | { readonly outcome: 'undetermined'; readonly reason: string };

/** What comparing a stored pair says of a group that it is a sample of. */
export function tellOfStored({ path }: { readonly path: string }, { differences, unsure }: StoredComparison): Told {
  if (differences.some((difference) => difference.path === path)) return { outcome: 'remains' };
  const why = unsure.find(
    (each) => each.path === undefined || each.path === path || hides({ kind: 'value', path: each.path }, path),
  );
  if (why) return { outcome: 'undetermined', reason: why.reason };
  if (differences.some((difference) => hides(difference, path))) {
    return { outcome: 'undetermined', reason: 'differs-otherwise' };
  }
  return { outcome: 'gone' };
}

/** Whether a difference may keep one at the place from being seen. */
export function hides({ kind, path }: Pick<Difference, 'kind' | 'path'>, place: string): boolean {
  if (kind === 'status' || kind === 'error') return true;
  if (!path.startsWith('$') || !place.startsWith('$')) return path === 'body' || place === 'body';
  return path.length < place.length && isTouchedBy(path, place);
}
