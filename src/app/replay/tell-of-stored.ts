import type { StoredComparison } from '../../../shadow/pairs/compare-stored.ts';
import { hides, type Told } from './group-outcomes.ts';

/** What comparing a stored pair says of a group that it is a sample of. No I/O. */
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
