import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { AppliedPosition, Position } from '../../kernel/position.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import type { CaptureView, SimpleView } from './capture-view.ts';
import { withinLag } from './bounded-position.ts';

/** The read models of all versions, by their keys, as proxy and shadow may see them. */
export interface ReadModelView {
  /** How far it is; as if it were not there while it is too far behind. */
  applied(key: string): AppliedPosition | undefined;
  /** The same, however far behind it is. */
  position(key: string): Position | undefined;
  /** Whether it can be compared with. A feature whose read model is elsewhere always can. */
  isReady(key: string): boolean;
  letters(key: string): FeatureLetters;
}

/** What a proxy has to know of the dead letters of a version. */
export interface FeatureLetters {
  /** Keys that must not be read. The same list until they change. */
  readonly parked: readonly string[];
  /** Grows with every key that is parked. */
  readonly parkings: number;
}

interface CapturedName {
  readonly name: string;
  /** As capture knows it. */
  readonly projection: string;
}

const noLetters: FeatureLetters = { parked: [], parkings: 0 };

/** `versions`: with the rules of cutover that are in force. */
export function readModelView(
  versions: readonly FeatureVersion[],
  capture: CaptureView | undefined,
  simple: SimpleView,
): ReadModelView {
  const applied = new Map<string, AppliedPosition>();
  const names = new Map<string, CapturedName>();
  for (const version of versions) {
    if (version.readModel === undefined) continue;
    const name = { name: version.readModel.name, projection: readModelNames(version.readModel).projection };
    names.set(version.key, name);
    const inner = positionOf(name);
    if (inner === undefined) continue;
    const lag = (): number | undefined => {
      const kept = simple.of(name.name);
      return kept ? kept.lagSeconds() : capture?.lagSecondsOf(name.projection);
    };
    applied.set(
      version.key,
      withinLag(inner, lag, () => version.cutover.maxLagSeconds),
    );
  }
  function positionOf({ name, projection }: CapturedName): AppliedPosition | undefined {
    return simple.of(name)?.applied ?? capture?.applied(projection);
  }
  return {
    applied: (key) => applied.get(key),
    position: (key) => {
      const name = names.get(key);
      return name && positionOf(name)?.current();
    },
    letters: (key) => {
      const name = names.get(key);
      return (name && (simple.of(name.name)?.letters?.() ?? capture?.lettersOf(name.projection))) ?? noLetters;
    },
    isReady: (key) => {
      const name = names.get(key);
      if (name === undefined) return true;
      return (simple.of(name.name)?.progress() ?? capture?.progressOf(name.projection))?.state === 'ready';
    },
  };
}
