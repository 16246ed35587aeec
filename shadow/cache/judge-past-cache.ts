import type { Clock } from '../../src/kernel/clock.ts';
import type { Exchange } from '../../src/kernel/exchange.ts';
import { judge, type JudgementReason, type Judgement, type JudgeLimits, type JudgePorts } from '../judge.ts';

/** Why a mismatch is kept back: either side may be behind without anybody knowing. */
export type HoldReason = Extract<JudgementReason, 'legacy-cache' | 'lag-unknown'>;

/**
 * Looks again at a mismatch once legacy's cache must have expired, or the candidate must have caught up. It stands only if
 * legacy still gives the same answer; any other may itself be from a cache, and is `undetermined`.
 */
export async function judgePastCache(
  exchange: Exchange,
  first: Judgement,
  ports: JudgePorts,
  clock: Clock,
  limits: JudgeLimits,
  reason: HoldReason,
): Promise<Judgement> {
  const { legacy: answer, legacyMs, candidateMs } = first;
  if (!answer) return first;
  const asked: Exchange = {
    ...exchange,
    answer,
    servedBy: 'legacy',
    isOfOtherVersion: undefined,
    candidateFailure: undefined,
    askedAt: clock.now(),
    tookMs: 0,
  };
  const second = await judge(asked, ports, clock, { ...limits, racedTries: 1 });
  const latencies = { legacyMs, candidateMs };
  switch (second.verdict) {
    case 'mismatch':
      return { ...second, ...latencies };
    case 'match':
    case 'stale':
    case 'raced':
      return { ...second, ...latencies, verdict: 'raced', reason, ageMs: undefined };
    default:
      return { ...heldBack(second, reason), ...latencies };
  }
}

/** What is said of a mismatch that may be none. */
export function heldBack(judgement: Judgement, reason: HoldReason): Judgement {
  return { ...judgement, verdict: 'undetermined', reason, differences: [], critical: false };
}
