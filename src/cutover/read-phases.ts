/** The way reads take, forward and back. Nothing here touches a store. */
import type { ReadState } from '../kernel/phase.ts';

export const legacyReads: ReadState = { phase: 'legacy', percent: 0 };
export const shadowReads: ReadState = { phase: 'shadow', percent: 0 };
export const liveReads: ReadState = { phase: 'live', percent: 100 };

/**
 * The next state forward, undefined from live. `shares` are the configured canary shares, rising. A share that is no
 * longer configured is left for the next higher one.
 */
export function nextState(state: ReadState, shares: readonly number[]): ReadState | undefined {
  if (state.phase === 'legacy') return shadowReads;
  if (state.phase === 'live') return undefined;
  return canaryAbove(state.percent, shares);
}

export type RollbackChoice =
  | { readonly kind: 'move'; readonly to: ReadState }
  | {
      readonly kind: 'stay';
      readonly reason: /** It serves and compares nothing already. */
        | 'already there'
        /** The target lies ahead: that is a promotion, and asks the gate. */
        | 'not a way back';
    };

/**
 * Where a rollback leads: to `shadow` from canary and live, to `legacy` from shadow, unless told. It never stops at a
 * smaller share, so the way forward begins again at shadow, with evidence of its own.
 */
export function rollbackTarget(state: ReadState, to?: 'legacy' | 'shadow'): RollbackChoice {
  const served = state.phase === 'canary' || state.phase === 'live';
  const target = to ?? (served ? 'shadow' : 'legacy');
  if (target === state.phase) return { kind: 'stay', reason: 'already there' };
  if (target === 'shadow' && !served) return { kind: 'stay', reason: 'not a way back' };
  return { kind: 'move', to: target === 'shadow' ? shadowReads : legacyReads };
}

/** Whether phase and share fit together. */
export function isLegalState({ phase, percent }: ReadState): boolean {
  if (phase === 'canary') return percent > 0 && percent < 100;
  return percent === (phase === 'live' ? 100 : 0);
}

/** Whether a state may follow another: the next one forward, or any that a rollback leads to. */
export function isLegalMove(from: ReadState, to: ReadState, shares: readonly number[]): boolean {
  if (!isLegalState(to)) return false;
  if (to.phase === 'legacy' || (to.phase === 'shadow' && from.phase !== 'legacy')) {
    return rollbackTarget(from, to.phase).kind === 'move';
  }
  const next = nextState(from, shares);
  return next !== undefined && next.phase === to.phase && next.percent === to.percent;
}

function canaryAbove(percent: number, shares: readonly number[]): ReadState {
  const share = shares.find((candidate) => candidate > percent);
  return share === undefined ? liveReads : { phase: 'canary', percent: share };
}
