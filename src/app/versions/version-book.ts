import { type FeatureVersion, versionsOf, versionThatServes } from '../../config/feature-versions.ts';
import type { NormalizedFeature } from '../../config/normalized-config.ts';

/** The versions that a config declares, to be found without making them anew for each request. */
export class VersionBook {
  readonly #features: ReadonlyMap<string, readonly FeatureVersion[]>;

  constructor(features: readonly NormalizedFeature[]) {
    this.#features = new Map(features.map((feature) => [feature.name, versionsOf(feature)]));
  }

  /** The newest first; none of a feature that is not known. */
  of(feature: string): readonly FeatureVersion[] {
    return this.#features.get(feature) ?? [];
  }

  all(): readonly FeatureVersion[] {
    return [...this.#features.values()].flat();
  }

  /** The one that serves by what the routing says; undefined: it is not declared here. */
  serving(feature: string, version: number | undefined): FeatureVersion | undefined {
    return versionThatServes(this.of(feature), version);
  }

  keyOf(feature: string, version: number | undefined): string | undefined {
    return this.serving(feature, version)?.key;
  }
}
