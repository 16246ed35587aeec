import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { CutoverFeature } from '../../cutover/ports.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import type { VersionBook } from './version-book.ts';

/** Which version of each feature serves at present, and which one does not. */
export class ServingVersions {
  readonly #book: VersionBook;
  readonly #routing: () => RoutingSnapshot;

  constructor(book: VersionBook, routing: () => RoutingSnapshot) {
    this.#book = book;
    this.#routing = routing;
  }

  /** The newest first. Throws FIG_UNKNOWN_FEATURE. */
  of(feature: string): readonly FeatureVersion[] {
    const versions = this.#book.of(feature);
    if (versions.length > 0) return versions;
    const known = [...new Set(this.#book.all().map(({ name }) => name))].join(', ') || 'none';
    const message = `there is no feature ${JSON.stringify(feature)}; the config has: ${known}`;
    throw new FigError('FIG_UNKNOWN_FEATURE', message);
  }

  /** While another fig lets one serve that is not declared here, the newest, which then answers nobody. */
  serving(feature: string): FeatureVersion {
    const { version } = this.#routing().features.get(feature) ?? {};
    return this.#book.serving(feature, version) ?? this.of(feature)[0]!;
  }

  /** Undefined: it has no other. */
  waiting(feature: string): FeatureVersion | undefined {
    const { key } = this.serving(feature);
    return this.of(feature).find((each) => each.key !== key);
  }

  /** `orders`: the one that serves; `orders@2`: that one. Throws FIG_UNKNOWN_FEATURE, FIG_UNKNOWN_VERSION. */
  named(text: string): FeatureVersion {
    const [feature = '', wanted] = text.split('@');
    if (wanted === undefined) return this.serving(feature);
    const versions = this.of(feature);
    const found = versions.find(({ readModel }) => String(readModel?.version) === wanted);
    if (found) return found;
    const known = versions.map(({ readModel }) => readModel?.version ?? 'none').join(', ');
    throw new FigError('FIG_UNKNOWN_VERSION', `${feature} has no version ${wanted}; the config has: ${known}`);
  }

  /** What cutover decides by: the evidence is that of the version that serves. */
  cutoverFeatures(): readonly CutoverFeature[] {
    return this.#features((name) => this.serving(name));
  }

  /** The same of the versions that wait for their turn; of one without any, of the one that serves. */
  waitingFeatures(): readonly CutoverFeature[] {
    return this.#features((name) => this.waiting(name) ?? this.serving(name));
  }

  #features(versionOf: (name: string) => FeatureVersion): readonly CutoverFeature[] {
    const names = new Set(this.#book.all().map(({ name }) => name));
    return [...names].map((name) => ({
      name,
      get fingerprint() {
        return versionOf(name).fingerprint;
      },
      get version() {
        return versionOf(name).version;
      },
      get cutover() {
        return versionOf(name).cutover;
      },
    }));
  }
}
