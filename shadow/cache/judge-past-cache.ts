import type { Clock } from '../../src/kernel/clock.ts';
import type { Exchange } from '../../src/kernel/exchange.ts';
import { judge, type Judgement, type JudgeLimits, type JudgePorts } from '../judge.ts';

/**
 * Looks again at a mismatch once whatever cache gave legacy's answer must have let go of it. It stands only if legacy still
 * gives that very answer: any other may itself be from a cache, so of it nothing is claimed.
 */
export async function judgePastCache(
  exchange: Exchange,
  first: Judgement,
  ports: JudgePorts,
  clock: Clock,
  limits: JudgeLimits,
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
      return { ...second, ...latencies, verdict: 'raced', reason: 'legacy-cache', ageMs: undefined };
    default:
      return { ...heldBack(second), ...latencies };
  }
}

/** What is said of a mismatch that a cache of legacy's may have made. */
export function heldBack(judgement: Judgement): Judgement {
  return { ...judgement, verdict: 'undetermined', reason: 'legacy-cache', differences: [], critical: false };
}
