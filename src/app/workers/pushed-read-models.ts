import { createSharedPositions } from '../../../shadow/shared-position.ts';
import type { AppliedPosition } from '../../kernel/position.ts';
import { AppliedTracker } from '../../sync/applied-tracker.ts';
import type { FeatureLetters } from '../read-model-view.ts';
import type { ReadModelState } from './protocol.ts';

const noLetters: FeatureLetters = { parked: [], parkings: 0 };

/** The read models as the primary pushes them to a worker, for its proxy and for its shadow. */
export class PushedReadModels {
  readonly #positions: ReturnType<typeof createSharedPositions>;
  readonly #trackers: ReadonlyMap<string, AppliedTracker>;
  readonly #ready = new Map<string, boolean>();
  readonly #letters = new Map<string, FeatureLetters>();
  readonly #isCurrent: () => boolean;
  #log: string | undefined;

  /** `isCurrent`: whether the primary was heard lately; while not, no read model is trusted. */
  constructor(features: readonly { readonly name: string; readonly readModel: unknown }[], isCurrent: () => boolean) {
    this.#positions = createSharedPositions(features.map(({ name }) => name));
    const own = features.filter(({ readModel }) => readModel !== undefined);
    this.#trackers = new Map(own.map(({ name }) => [name, new AppliedTracker()]));
    this.#isCurrent = isCurrent;
  }

  /** For the shadow's thread. */
  get positions(): SharedArrayBuffer {
    return this.#positions.buffer;
  }

  hear(log: string | undefined, states: readonly ReadModelState[]): void {
    this.#log = log;
    for (const { feature, position, isNear, isReady, parked, parkings } of states) {
      // Before the position: whoever waits for it must find the keys that do not stand at it.
      this.#letters.set(feature, { parked, parkings });
      this.#positions.park(feature, parkings);
      this.#positions.publish(feature, position);
      this.#trackers.get(feature)?.set(isNear ? position : undefined);
      this.#ready.set(feature, isReady);
    }
  }

  sourceLog(): string | undefined {
    return this.#log;
  }

  letters(feature: string): FeatureLetters {
    return this.#letters.get(feature) ?? noLetters;
  }

  isReady(feature: string): boolean {
    return this.#ready.get(feature) ?? false;
  }

  applied(feature: string): AppliedPosition | undefined {
    const tracker = this.#trackers.get(feature);
    return (
      tracker && {
        current: () => (this.#isCurrent() ? tracker.current() : undefined),
        waitFor: (position, budgetMs) => tracker.waitFor(position, budgetMs),
      }
    );
  }
}
