import type { NormalizedCompareRules } from '../src/config/compare-rules.ts';
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
  /** Milliseconds, see `ComparedFeature`. */
  readonly arrivesWithinMs: number | undefined;
  readonly cursors: FeatureCursors;
  /** Questions and answers that differ are stored. */
  readonly keepsPairs: boolean;
  /** How its candidate is: by route, for one that is broken must not hide what the others show. */
  readonly healthOf: (route: string) => CandidateHealth;
}

/** Throws a SyntaxError when a path of its rules cannot be read. */
export function knowFeature(
  { fingerprint, compare, shadow, candidateTimeoutMs, arrivesWithinMs }: ComparedFeature,
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
    arrivesWithinMs,
    keepsPairs: shadow?.pairs ?? true,
    cursors: new FeatureCursors(compare.cursors, comparers, clock),
    healthOf: (route) => {
      const health = healths.get(route) ?? new CandidateHealth();
      healths.set(route, health);
      return health;
    },
  };
}

type Standing = Pick<KnownFeature, 'applied' | 'arrivesWithinMs'>;

/**
 * Whether its read model has, at a position, every write up to there. Where writes arrive by time it has those that came in
 * the time that they may take, so what is said of it rests on time as well.
 */
export function standsExactly({ applied, arrivesWithinMs }: Standing): boolean {
  return applied !== undefined && arrivesWithinMs === undefined;
}

/**
 * How long each round waits at least, in milliseconds, before the candidate is asked again, because nothing but time tells that
 * a write has arrived. `settleMs`: what is waited where nothing is known.
 */
export function settlesForMs({ applied, arrivesWithinMs = 0 }: Standing, settleMs: number): number {
  return applied ? arrivesWithinMs : Math.max(settleMs, arrivesWithinMs);
}
