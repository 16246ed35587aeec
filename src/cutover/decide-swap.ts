/** Whether a new version of a read model may take the place of the one that serves. Nothing here does I/O. */
import { describeNotReady, type GateDecision, type GateHealth, type GateResult } from './decide-gate.ts';

export interface SwapInput {
  /** What is known of the new version. */
  readonly health: GateHealth;
  /** What the gate of the feature's present phase says of the evidence that was gathered about the new version. */
  readonly gate: GateDecision;
  /** Somebody wants it whatever the gate says. */
  readonly force: boolean;
}

export type SwapDecision =
  | { readonly kind: 'swap'; readonly isForced: boolean; readonly gate: GateResult; readonly reason: string }
  | { readonly kind: 'refuse'; readonly gate: GateResult; readonly reason: string };

/**
 * Users who are served by the old version lose nothing by waiting, so whatever the gate would hold for holds the swap, and so
 * does a read model that nobody has compared with legacy. Force passes over all but a read model that is not ready.
 */
export function decideSwap({ health, gate, force }: SwapInput): SwapDecision {
  if (!health.readModelReady) return { kind: 'refuse', gate: 'INCONCLUSIVE', reason: describeNotReady(health) };
  const holds = [...gate.blockers, ...blockersOf(health)];
  const [reason] = holds;
  if (reason === undefined) return { kind: 'swap', isForced: false, gate: 'PASS', reason: gate.reason };
  const result = gate.result === 'PASS' ? 'INCONCLUSIVE' : gate.result;
  if (force) return { kind: 'swap', isForced: true, gate: result, reason };
  return { kind: 'refuse', gate: result, reason };
}

/** What the gates of early phases do not ask for. */
function blockersOf({ deadLetters = 0, reconciliation }: GateHealth): string[] {
  const blockers: string[] = [];
  if (deadLetters > 0) blockers.push('dead letters keep the read model from being complete (fig dead-letters list)');
  if (reconciliation === undefined) return blockers;
  const { last, summary } = reconciliation;
  if (last === undefined) blockers.push('the read model has not been compared with legacy as a whole yet');
  else if (last.state === 'different') blockers.push(`the read model differs from legacy: ${summary}`);
  else if (last.state === 'undetermined') {
    blockers.push(`the read model could not be compared with legacy to the end: ${summary}`);
  }
  return blockers;
}
