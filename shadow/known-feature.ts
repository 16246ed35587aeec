import type { NormalizedCompareRules } from '../src/config/compare-rules.ts';
import { isFromTopics } from '../src/config/read-model-kinds.ts';
import { settleMsOf } from '../src/config/topic-read-model.ts';
import type { Clock } from '../src/kernel/clock.ts';
import type { AppliedPosition } from '../src/kernel/position.ts';
import { CandidateHealth } from './candidate-health.ts';
import type { ComparedFeature } from './candidate-module.ts';
import { FeatureCursors } from './cursors/feature-cursors.ts';
import { redactorFor } from './pairs/keep-rules.ts';
import type { Redactor } from './redact.ts';
import { RouteComparers } from './route-comparers.ts';

/** What is known of one version of a feature as long as it is compared. */
export interface KnownFeature {
  readonly fingerprint: string;
  readonly compare: NormalizedCompareRules;
  readonly comparers: RouteComparers;
  readonly redactor: Redactor;
  /** Milliseconds, see `ComparedFeature`. */
  readonly candidateTimeoutMs: number | undefined;
  /** Undefined: its position cannot be known, and time takes the place of the fence. */
  readonly applied: AppliedPosition | undefined;
  /** Of one made of topics: for so long, in milliseconds, an event may be on its way after the write that led to it. */
  readonly eventsTakeMs: number | undefined;
  readonly cursors: FeatureCursors;
  /** Questions and answers that differ are stored. */
  readonly keepsPairs: boolean;
  /** How its candidate is: by route, for one that is broken must not hide what the others show. */
  readonly healthOf: (route: string) => CandidateHealth;
}

/** Throws a SyntaxError when a path of its rules cannot be read. */
export function knowFeature(
  { fingerprint, compare, shadow, candidateTimeoutMs, readModel }: ComparedFeature,
  redactionKey: Uint8Array,
  applied: AppliedPosition | undefined,
  clock: Clock,
): KnownFeature {
  const redactor = redactorFor(redactionKey, compare);
  const comparers = new RouteComparers(compare, redactor);
  const healths = new Map<string, CandidateHealth>();
  return {
    fingerprint,
    compare,
    comparers,
    redactor,
    candidateTimeoutMs,
    applied,
    eventsTakeMs: readModel && isFromTopics(readModel) ? settleMsOf(readModel) : undefined,
    keepsPairs: shadow?.pairs ?? true,
    cursors: new FeatureCursors(compare.cursors, comparers, clock),
    healthOf: (route) => {
      const health = healths.get(route) ?? new CandidateHealth();
      healths.set(route, health);
      return health;
    },
  };
}

/**
 * Whether its read model has, at a position, every write up to there. One made of topics has those whose events came in the
 * time that they may take, so what is said of it rests on time as well.
 */
export function standsExactly({ applied, eventsTakeMs }: Pick<KnownFeature, 'applied' | 'eventsTakeMs'>): boolean {
  return applied !== undefined && eventsTakeMs === undefined;
}
