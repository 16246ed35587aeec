/** Whether a new version of a read model may take the place of the one that serves. Nothing here does I/O. */
import {
  describeDeadLetters,
  describeNotReady,
  type GateDecision,
  type GateHealth,
  type GateResult,
} from './decide-gate.ts';
import { describeUnreconciled } from './reconciliation-health.ts';

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
 * does a read model that nobody has compared with legacy of late. Force passes over all but a read model that is not ready.
 */
export function decideSwap({ health, gate, force }: SwapInput): SwapDecision {
  if (!health.readModelReady) return { kind: 'refuse', gate: 'INCONCLUSIVE', reason: describeNotReady(health) };
  // The gates of early phases do not ask for the rest; those that do have said the same.
  const [reason] = [...gate.blockers, describeDeadLetters(health), describeUnreconciled(health, true)].filter(
    (hold) => hold !== undefined,
  );
  if (reason === undefined) return { kind: 'swap', isForced: false, gate: 'PASS', reason: gate.reason };
  const result = gate.result === 'PASS' ? 'INCONCLUSIVE' : gate.result;
  if (force) return { kind: 'swap', isForced: true, gate: result, reason };
  return { kind: 'refuse', gate: result, reason };
}
