import type { NormalizedFeature } from './normalized-config.ts';
import { isCaptured } from './read-model-kinds.ts';

// Nothing here does I/O.

/** One version of a feature's reads: the feature as if there were no other version. */
export interface FeatureVersion extends NormalizedFeature {
  /** Tells it from every other version of every feature: `orders`, or `orders@2` where there are two. */
  readonly key: string;
  /** Of its read model; undefined where the read model is not kept by capture, so that versions do not take turns. */
  readonly version: number | undefined;
}

/** The versions of a feature, the newest first. */
export function versionsOf(feature: NormalizedFeature): readonly FeatureVersion[] {
  const { previous, readModel } = feature;
  const version = readModel && isCaptured(readModel) ? readModel.version : undefined;
  if (previous === undefined) return [asVersion(feature, feature.name, version, feature)];
  return [feature, previous].map((part) => {
    const own = part.readModel?.version;
    return asVersion(feature, versionKey(feature.name, own), own, part);
  });
}

export function allVersions(features: readonly NormalizedFeature[]): readonly FeatureVersion[] {
  return features.flatMap(versionsOf);
}

/**
 * The version that the control store says serves; undefined: it is not declared here, so nothing here may answer for it.
 * Where the store says nothing, it is the newest.
 */
export function versionThatServes(
  versions: readonly FeatureVersion[],
  serving: number | undefined,
): FeatureVersion | undefined {
  if (serving === undefined) return versions[0];
  return versions.find(({ version }) => version === undefined || version === serving);
}

/** `orders@2` */
export function versionKey(feature: string, version: number | undefined): string {
  return version === undefined ? feature : `${feature}@${version}`;
}

/** Rules of cutover, and what comparison rules say of themselves, may change while all runs, so they stay the feature's. */
function asVersion(
  feature: NormalizedFeature,
  key: string,
  version: number | undefined,
  { readModel, queries, fingerprint }: Pick<NormalizedFeature, 'readModel' | 'queries' | 'fingerprint'>,
): FeatureVersion {
  return {
    ...feature,
    readModel,
    queries,
    fingerprint,
    previous: undefined,
    key,
    version,
    get cutover() {
      return feature.cutover;
    },
    get compare() {
      return feature.compare;
    },
  };
}
