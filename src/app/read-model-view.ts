import type { NormalizedFeature } from '../config/normalized-config.ts';
import type { AppliedPosition, Position } from '../kernel/position.ts';
import type { Capture } from '../sync/capture/capture.ts';
import { withinLag } from './bounded-position.ts';
import type { SimpleReadModels } from './simple-read-models.ts';

/** The read models of all features as proxy and shadow may see them. */
export interface ReadModelView {
  /** How far a feature's read model is; as if it were not there while it is too far behind. */
  applied(feature: string): AppliedPosition | undefined;
  /** The same, however far behind it is. */
  position(feature: string): Position | undefined;
  /** Whether it can be compared with. A feature whose read model is elsewhere always can. */
  isReady(feature: string): boolean;
  letters(feature: string): FeatureLetters;
}

/** What a proxy has to know of the dead letters of a feature's read model. */
export interface FeatureLetters {
  /** Keys that must not be read. The same list until they change. */
  readonly parked: readonly string[];
  /** Grows with every key that is parked. */
  readonly parkings: number;
}

const noLetters: FeatureLetters = { parked: [], parkings: 0 };

/** `features`: with the rules of cutover that are in force. */
export function readModelView(
  features: readonly NormalizedFeature[],
  capture: Capture | undefined,
  simple: SimpleReadModels,
): ReadModelView {
  const applied = new Map<string, AppliedPosition>();
  const names = new Map<string, string>();
  for (const feature of features) {
    const name = feature.readModel?.name;
    if (name === undefined) continue;
    names.set(feature.name, name);
    const inner = simple.of(name)?.applied ?? capture?.applied(name);
    if (inner === undefined) continue;
    const lag = (): number | undefined => {
      const kept = simple.of(name);
      return kept ? kept.lagSeconds() : capture?.lagSecondsOf(name);
    };
    applied.set(
      feature.name,
      withinLag(inner, lag, () => feature.cutover.maxLagSeconds),
    );
  }
  return {
    applied: (feature) => applied.get(feature),
    position: (feature) => {
      const name = names.get(feature);
      return name === undefined ? undefined : (simple.of(name)?.applied ?? capture?.applied(name))?.current();
    },
    letters: (feature) => {
      const name = names.get(feature);
      return (name === undefined ? undefined : capture?.lettersOf(name)) ?? noLetters;
    },
    isReady: (feature) => {
      const name = names.get(feature);
      return name === undefined || (simple.of(name)?.progress() ?? capture?.progressOf(name))?.state === 'ready';
    },
  };
}
