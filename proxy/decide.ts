import type { CandidateFailure, Side } from '../src/kernel/exchange.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import { isWithin } from '../src/kernel/sampling.ts';
import type { QueryRefusal } from './body-query/query-refusal.ts';

// Nothing here does I/O: who answers a request, and why, is decided by values alone.

/** Why a side answers. Each is a metric label. */
export type Reason =
  /** No route of a feature matches. */
  | 'no-route'
  /** The path is spelled so that two readers may see different routes in it; it belongs to a feature in one reading. */
  | 'ambiguous-path'
  /** The route is a feature's, but the request carries a body, which a candidate is never given. */
  | 'request-body'
  /** The method may write; reads move, writes do not. */
  | 'not-a-read'
  /** The control store has not been heard yet, or does not know the feature. */
  | 'routing-unknown'
  /** It has not been heard since the start; what is known is what was kept on disk. */
  | 'routing-from-disk'
  | 'phase-legacy'
  /** What was proven is other code than is here. */
  | 'unproven'
  /** Somebody sent all reads back to legacy. */
  | 'kill-switch'
  /** Legacy answers, the candidate is compared. */
  | 'phase-shadow'
  /** The visitor is not in the share that the candidate serves. */
  | 'outside-canary'
  | 'canary'
  | 'live'
  /** The candidate failed too often of late and is left in peace. */
  | 'breaker-open'
  | QueryRefusal
  | FenceFailure
  | `candidate-${CandidateFailure}`;

/** Why a read must not be served from the read model. */
export type FenceFailure =
  /** A write of the same visitor is not finished. */
  | 'write-in-flight'
  /** The visitor's last write is in a log that the source does not write any more: it failed over or was restored. */
  | 'fence-of-another-log'
  /** The position of the visitor's last write is not known (yet). */
  | 'fence-unknown'
  /** The read model did not reach the visitor's last write within the budget. */
  | 'fence-timeout'
  /** The read model is not built, or its projection stands still. */
  | 'read-model-not-ready'
  /** A row that the answer would be made of, or may be, could not be built: what the read model has of it is old. */
  | 'parked-key';

/** The plan of one request. */
export interface Decision {
  readonly serve: Side;
  /** Whether question and answer are handed to the shadow, which asks the other side. */
  readonly mirror: boolean;
  /** Who answers when the serving side fails before anything was sent; undefined: nobody. */
  readonly fallback: 'legacy' | undefined;
  readonly reason: Reason;
  /** What the candidate failed with, when it was asked and failed. */
  readonly candidateFailure?: CandidateFailure | undefined;
}

export interface DecisionInput {
  readonly method: string;
  readonly match: { readonly feature: string; readonly isAmbiguous?: boolean | undefined } | undefined;
  readonly hasBody: boolean;
  /** The body was found to be a query: a read like any GET. */
  readonly isQuery?: boolean | undefined;
  /** Why the body was not found to be one; then there is no `match`. */
  readonly refusal?: QueryRefusal | undefined;
  readonly routing: RoutingSnapshot;
  /** The visitor's id; who is inside a canary depends on nothing else. */
  readonly visitor: string;
  /** Whether the breaker of the feature keeps users away from its candidate. Asked only when it matters. */
  readonly isBreakerOpen: (feature: string) => boolean;
}

/**
 * The plan by route, kill switch, phase, share, visitor and breaker. Where it says candidate, the visitor's fence has the
 * last word (`decideAtFence`): waiting for it takes time, so it is asked for those reads only.
 */
export function decide(input: DecisionInput): Decision {
  const { match, routing } = input;
  if (match === undefined) return legacy(input.refusal ?? 'no-route');
  if (match.isAmbiguous === true) return legacy('ambiguous-path');
  if (input.isQuery !== true) {
    if (input.method !== 'GET' && input.method !== 'HEAD') return legacy('not-a-read');
    if (input.hasBody) return legacy('request-body');
  }
  const { reads, isUnproven } = routing.features.get(match.feature) ?? {};
  if (routing.revision === 0 || reads === undefined) return legacy('routing-unknown');
  if (reads.phase === 'legacy') return legacy('phase-legacy');
  // An operator who pulls it wants the candidate left in peace, so nothing is compared either.
  if (routing.killSwitch !== undefined) return legacy('kill-switch');
  if (routing.isFromDisk === true) return legacy('routing-from-disk');
  if (isUnproven === true) return legacy('unproven');
  if (reads.phase === 'shadow') return compared('phase-shadow');
  if (reads.phase === 'canary' && !isWithin(match.feature, input.visitor, reads.percent)) {
    return compared('outside-canary');
  }
  // Comparison goes on, off the users' path: it is the evidence that sends reads back when the candidate stays bad.
  if (input.isBreakerOpen(match.feature)) return compared('breaker-open');
  return { serve: 'candidate', mirror: true, fallback: 'legacy', reason: reads.phase };
}

/** The decision once the visitor's fence has been asked. */
export function decideAtFence(decision: Decision, fence: 'reached' | FenceFailure): Decision {
  return fence === 'reached' ? decision : { ...decision, serve: 'legacy', fallback: undefined, reason: fence };
}

/** The decision while the breaker is open, also when it opened while the fence was waited for. */
export function decideAtBreaker(decision: Decision): Decision {
  return { ...decision, serve: 'legacy', fallback: undefined, reason: 'breaker-open' };
}

/**
 * The decision after the candidate failed: legacy answers in its place. The failure is evidence if the question was chosen to be
 * compared, like a match: the gate reckons with rates, and counting one side whole would make a candidate look worse than it is.
 */
export function decideAfterFailure({ mirror }: Decision, failure: CandidateFailure): Decision {
  const reason = `candidate-${failure}` as const;
  return { serve: 'legacy', mirror, fallback: undefined, reason, candidateFailure: failure };
}

/** The decision for a question that is not chosen to be compared. Who answers it, and why, stays as it is. */
export function decideUncompared(decision: Decision): Decision {
  return decision.serve === 'legacy' ? legacy(decision.reason) : { ...decision, mirror: false };
}

/** Whether the candidate would have served, had it not failed too often or did it not fail now. */
export function isCandidatesTurn({ serve, reason }: Decision): boolean {
  return serve === 'candidate' || reason === 'breaker-open';
}

/** Most requests get one of a few decisions, again and again. */
const plain = new Map<Reason, Decision>();

function legacy(reason: Reason): Decision {
  let decision = plain.get(reason);
  if (decision === undefined) {
    decision = { serve: 'legacy', mirror: false, fallback: undefined, reason };
    plain.set(reason, decision);
  }
  return decision;
}

function compared(reason: Reason): Decision {
  return { serve: 'legacy', mirror: true, fallback: undefined, reason };
}
