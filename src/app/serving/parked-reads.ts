import { parkedKeys, type ParkedKeys } from '../../kernel/parked-keys.ts';
import type { FeatureLetters } from '../following/read-model-view.ts';
import type { VersionBook } from '../versions/version-book.ts';

/** A read as route and parameters tell it. */
export interface RoutedRead {
  readonly feature: string;
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  /** Of the read model that is to answer. */
  readonly version?: number | undefined;
}

/**
 * Tells of a read whether it may be about a parked key. A route that names its key (`keyedBy`) is about that one, any other
 * may be about all of them. Of two versions each has parked keys of its own.
 */
export function parkedReads(
  versions: VersionBook,
  letters: (key: string) => Pick<FeatureLetters, 'parked'>,
): (read: RoutedRead) => boolean {
  const parameters = new Map(
    versions.all().map(({ name, routes }) => [name, new Map(routes.map(({ route, key }) => [route, key]))]),
  );
  const known = new WeakMap<readonly string[], ParkedKeys>();
  return ({ feature, route, params, version }) => {
    const versionKey = versions.keyOf(feature, version);
    const keys = versionKey === undefined ? [] : letters(versionKey).parked;
    if (keys.length === 0) return false;
    let parked = known.get(keys);
    if (parked === undefined) known.set(keys, (parked = parkedKeys(keys)));
    const parameter = parameters.get(feature)?.get(route);
    return parked.mayName(parameter === undefined ? undefined : params[parameter]);
  };
}
