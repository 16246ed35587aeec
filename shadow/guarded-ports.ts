import type { CandidateResult } from '../src/kernel/candidate.ts';
import { candidateSick, type CandidateHealth } from './candidate-health.ts';
import type { LegacyResult } from './judge.ts';
import { legacyStrain, type LegacyStrain } from './legacy-strain.ts';

/** Asks the candidate unless it is sick, and learns from its answers how it is. */
export function candidatePort(
  health: CandidateHealth,
  ask: () => Promise<CandidateResult>,
): () => Promise<CandidateResult> {
  return async () => {
    if (!health.admits(performance.now())) return { ok: false, failure: 'busy', reason: candidateSick, tookMs: 0 };
    const result = await ask();
    const isGood = result.ok ? result.answer.status < 500 : result.failure === 'busy';
    health.settle(isGood, performance.now());
    return result;
  };
}

/** Asks legacy unless it is under strain, and learns from its answers whether it is. */
export function legacyPort(
  strain: LegacyStrain,
  route: string,
  ask: () => Promise<LegacyResult>,
): () => Promise<LegacyResult> {
  return async () => {
    if (!strain.mayAsk(performance.now())) return { ok: false, reason: legacyStrain };
    const result = await ask();
    if (result.ok) strain.saw(route, result.answer.status, result.tookMs, performance.now());
    return result;
  };
}
