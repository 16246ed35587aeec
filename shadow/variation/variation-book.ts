import type {
  LegacyVariation,
  SandwichTally,
  VariationCounts,
  VariationScope,
  VariationTally,
} from '../../src/kernel/legacy-variation.ts';

type Counted<T> = { -readonly [K in keyof T]: T[K] };

const MAX_PLACES = 1_000;

/** Counts, until they are taken out, where legacy differs from itself. Of more than a thousand places the later ones are not counted. */
export class VariationBook {
  #sandwiches = new Map<string, Counted<SandwichTally>>();
  #variations = new Map<string, Counted<VariationTally>>();

  enter({ feature, fingerprint, route }: VariationScope, variations: readonly LegacyVariation[]): void {
    const scope = { feature, fingerprint, route };
    const name = JSON.stringify([feature, fingerprint, route]);
    const sandwich = this.#sandwiches.get(name) ?? { ...scope, asked: 0 };
    if (this.#sandwiches.size < MAX_PLACES) this.#sandwiches.set(name, sandwich);
    sandwich.asked += 1;
    // Elements of one array vary at the same path; that is one answer that does.
    const counted = new Set<string>();
    for (const { path, kind, isWitnessed, first, second } of variations) {
      const place = JSON.stringify([name, path, kind]);
      if (counted.has(place)) continue;
      counted.add(place);
      const tally = this.#variations.get(place) ?? { ...scope, path, kind, varied: 0, witnessed: 0, first, second };
      if (!this.#variations.has(place) && this.#variations.size >= MAX_PLACES) continue;
      this.#variations.set(place, tally);
      Object.assign(tally, { first, second });
      tally.varied += 1;
      if (isWitnessed) tally.witnessed += 1;
    }
  }

  /** What has been counted since the last time. */
  take(): VariationCounts {
    const counts = { sandwiches: [...this.#sandwiches.values()], variations: [...this.#variations.values()] };
    this.#sandwiches = new Map();
    this.#variations = new Map();
    return counts;
  }
}
