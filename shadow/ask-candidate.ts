import type { Candidate, CandidateQuestion, CandidateResult } from '../src/kernel/candidate.ts';
import type { HttpAnswer } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';

/** A candidate that does not keep its time gets this much longer before the question is given up. */
const GRACE_MS = 250;

/** Asks a candidate and trusts it with nothing: not to keep its time, not to settle, not to give an answer. Never rejects. */
export async function askCandidate(
  candidate: Candidate,
  question: CandidateQuestion,
  timeoutMs: number,
): Promise<CandidateResult> {
  const startedAt = performance.now();
  const failed = (failure: 'timeout' | 'failed' | 'invalid', reason: string): CandidateResult => ({
    ok: false,
    failure,
    reason,
    tookMs: performance.now() - startedAt,
  });
  let timer: NodeJS.Timeout | undefined;
  const outOfTime = new Promise<CandidateResult>((resolve) => {
    timer = setTimeout(() => resolve(failed('timeout', `no answer within ${timeoutMs} ms`)), timeoutMs + GRACE_MS);
  });
  try {
    const result = await Promise.race([candidate.ask(question, timeoutMs), outOfTime]);
    if (result.ok && !isAnswer(result.answer)) return failed('invalid', 'what it gave is no answer');
    return result;
  } catch (error) {
    return failed('failed', describeError(error));
  } finally {
    clearTimeout(timer);
  }
}

function isAnswer({ status, headers, body }: HttpAnswer): boolean {
  return Number.isInteger(status) && Array.isArray(headers) && body instanceof Uint8Array;
}
