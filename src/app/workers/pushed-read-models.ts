import { createSharedPositions } from '../../../shadow/shared-position.ts';
import type { AppliedPosition } from '../../kernel/position.ts';
import { AppliedTracker } from '../../sync/applied-tracker.ts';
import type { FeatureLetters } from '../following/read-model-view.ts';
import type { ReadModelState } from './protocol.ts';

const noLetters: FeatureLetters = { parked: [], parkings: 0 };

/** The versions of read models, by their keys, as the primary pushes them to a worker, for its proxy and for its shadow. */
export class PushedReadModels {
  readonly #positions: ReturnType<typeof createSharedPositions>;
  readonly #trackers: ReadonlyMap<string, AppliedTracker>;
  readonly #ready = new Map<string, boolean>();
  readonly #letters = new Map<string, FeatureLetters>();
  readonly #isCurrent: () => boolean;
  #log: string | undefined;

  /** `isCurrent`: whether the primary was heard lately; while not, no read model is trusted. */
  constructor(versions: readonly { readonly key: string; readonly readModel: unknown }[], isCurrent: () => boolean) {
    this.#positions = createSharedPositions(versions.map(({ key }) => key));
    const own = versions.filter(({ readModel }) => readModel !== undefined);
    this.#trackers = new Map(own.map(({ key }) => [key, new AppliedTracker()]));
    this.#isCurrent = isCurrent;
  }

  /** For the shadow's thread. */
  get positions(): SharedArrayBuffer {
    return this.#positions.buffer;
  }

  hear(log: string | undefined, states: readonly ReadModelState[]): void {
    this.#log = log;
    for (const { key, position, isNear, isReady, parked, parkings } of states) {
      // Before the position: whoever waits for it must find the keys that do not stand at it.
      this.#letters.set(key, { parked, parkings });
      this.#positions.park(key, parkings);
      this.#positions.publish(key, position);
      this.#trackers.get(key)?.set(isNear ? position : undefined);
      this.#ready.set(key, isReady);
    }
  }

  sourceLog(): string | undefined {
    return this.#log;
  }

  letters(key: string): FeatureLetters {
    return this.#letters.get(key) ?? noLetters;
  }

  isReady(key: string): boolean {
    return this.#ready.get(key) ?? false;
  }

  applied(key: string): AppliedPosition | undefined {
    const tracker = this.#trackers.get(key);
    return (
      tracker && {
        current: () => (this.#isCurrent() ? tracker.current() : undefined),
        waitFor: (position, budgetMs) => tracker.waitFor(position, budgetMs),
      }
    );
  }
}
