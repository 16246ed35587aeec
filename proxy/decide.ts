import type { CandidateFailure, Side } from '../src/kernel/exchange.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import { isWithin } from '../src/kernel/sampling.ts';

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
  | 'phase-legacy'
  /** Legacy answers, the candidate is compared. */
  | 'phase-shadow'
  /** The visitor is not in the share that the candidate serves. */
  | 'outside-canary'
  | 'canary'
  | 'live'
  | FenceFailure
  | `candidate-${CandidateFailure}`;

/** Why a read must not be served from the read model. */
export type FenceFailure =
  /** A write of the same visitor is not finished. */
  | 'write-in-flight'
  /** The position of the visitor's last write is not known (yet). */
  | 'fence-unknown'
  /** The read model did not reach the visitor's last write within the budget. */
  | 'fence-timeout'
  /** The read model is not built, or its projection stands still. */
  | 'read-model-not-ready';

export interface Decision {
  readonly serve: Side;
  /** Whether question and answer are handed to the shadow. */
  readonly mirror: boolean;
  readonly reason: Reason;
  /** What the candidate failed with, when it was asked and failed. */
  readonly candidateFailure?: CandidateFailure | undefined;
}

export interface DecisionInput {
  readonly method: string;
  readonly match: { readonly feature: string; readonly isAmbiguous?: boolean | undefined } | undefined;
  readonly hasBody: boolean;
  readonly routing: RoutingSnapshot;
  /** The visitor's id; who is inside a canary depends on nothing else. */
  readonly visitor: string;
}

/** The side by route, phase and visitor. Where it says candidate, the fence has the last word. */
export function decide(input: DecisionInput): Decision {
  const { match, routing } = input;
  if (match === undefined) return legacy('no-route');
  if (match.isAmbiguous === true) return legacy('ambiguous-path');
  if (input.method !== 'GET' && input.method !== 'HEAD') return legacy('not-a-read');
  if (input.hasBody) return legacy('request-body');
  const reads = routing.features.get(match.feature)?.reads;
  if (routing.revision === 0 || reads === undefined) return legacy('routing-unknown');
  if (reads.phase === 'legacy') return legacy('phase-legacy');
  if (reads.phase === 'shadow') return { serve: 'legacy', mirror: true, reason: 'phase-shadow' };
  if (reads.phase === 'live') return { serve: 'candidate', mirror: true, reason: 'live' };
  return isWithin(match.feature, input.visitor, reads.percent)
    ? { serve: 'candidate', mirror: true, reason: 'canary' }
    : { serve: 'legacy', mirror: true, reason: 'outside-canary' };
}

/** The decision once the visitor's fence has been asked. */
export function decideAtFence(decision: Decision, fence: 'reached' | FenceFailure): Decision {
  return fence === 'reached' ? decision : { ...decision, serve: 'legacy', reason: fence };
}

/** The decision after the candidate failed: legacy answers in its place. */
export function decideAfterFailure(decision: Decision, failure: CandidateFailure): Decision {
  return { ...decision, serve: 'legacy', reason: `candidate-${failure}`, candidateFailure: failure };
}

function legacy(reason: Reason): Decision {
  return { serve: 'legacy', mirror: false, reason };
}
