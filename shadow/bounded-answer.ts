import type { CandidateResult } from '../src/kernel/candidate.ts';
import { maxComparedBytes } from './comparability.ts';

/** Stands for every body that is too large to be compared, and is too large to be. */
const tooLarge = new Uint8Array(maxComparedBytes + 1);

/**
 * A candidate's answer as it is kept while a judgement waits. Dozens wait at once, and the memory of bodies is no part of the heap that
 * this thread is held to: a candidate that answers 16 MiB each time would take it from those who serve users.
 */
export function bounded(result: CandidateResult): CandidateResult {
  if (!result.ok || result.answer.body.byteLength <= maxComparedBytes) return result;
  return { ...result, answer: { ...result.answer, body: tooLarge } };
}
