import type { ReconciliationStatus, TransitionOutcome } from '../app/control.ts';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  gateFailed: 3,
  gateInconclusive: 4,
  preflightErrors: 5,
} as const;

/** The exit code of a transition: refusals tell a broken proof (3) from one that is not finished (4). */
export function exitCodeOf(outcome: Pick<TransitionOutcome, 'moved' | 'gate'>): number {
  if (outcome.moved) return exitCodes.done;
  if (outcome.gate === 'FAIL') return exitCodes.gateFailed;
  if (outcome.gate === 'INCONCLUSIVE') return exitCodes.gateInconclusive;
  return exitCodes.failed;
}

/** A comparison is a proof, too: 3 says that something differs, 4 that it could not be decided. */
export function exitCodeOfReconciliation(state: ReconciliationStatus['state']): number {
  if (state === 'clean' || state === 'repaired') return exitCodes.done;
  if (state === 'different') return exitCodes.gateFailed;
  return state === 'undetermined' ? exitCodes.gateInconclusive : exitCodes.failed;
}

const plainCodes = `
Exit codes:
  0  done
  1  it failed; the error is on stderr with its code and what to do
  2  the arguments do not fit`;

/** For --help. */
export const exitCodesHelp = plainCodes;
export const transitionExitCodesHelp = `${plainCodes}
  3  refused: the gate says FAIL
  4  refused: the gate says INCONCLUSIVE, the proof is not finished`;
export const preflightExitCodesHelp = `${plainCodes}
  5  preflight found errors`;
export const reportExitCodesHelp = `${plainCodes}
  3  --fail-on: something is proven wrong (mismatch, critical, gate FAIL)
  4  --fail-on: not proven (gate INCONCLUSIVE, too much undetermined, nothing compared)`;
export const replayExitCodesHelp = `${plainCodes}
  3  --fail-on: something differs (mismatch, critical)
  4  --fail-on: not proven (too much undetermined, nothing compared, stopped)`;
export const reconcileExitCodesHelp = `${plainCodes}
  3  rows differ (with --repair: and could not be put right)
  4  rows changed so often that they could not be compared`;
