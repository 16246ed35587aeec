import { headerValue, isRepeatable, type Exchange, type HttpAnswer } from '../src/kernel/exchange.ts';
import { hasOneTimeToken, holdsOneTimeProof } from './one-time-token.ts';
import { namesOtherMethod } from './other-method.ts';
import { rotatesCookie } from './rotated-cookie.ts';

/** Why an exchange is not compared. Each is the reason of the verdict `skipped`. */
export type SkipReason =
  /** Only questions that read are ever asked again. */
  | 'method'
  /** The question holds what is good for one use, which the user has used. */
  | 'one-time-token'
  /** Legacy failed, so there is nothing to hold the candidate against. */
  | 'legacy-5xx'
  /** 429: legacy refused for how often it was asked, and that is not the candidate's to know. */
  | 'legacy-429'
  /** 304 or 412: the answer is about the visitor's copy of the data, not about the data. */
  | 'conditional'
  /** A part of the answer. */
  | 'range'
  /** The user's answer is larger than what is compared. */
  | 'too-large'
  /** A key of the read model was parked while it was compared, and the question may be about that one. */
  | 'parked';

/** The largest body, as it came over the wire, that is compared. */
export const maxComparedBytes = 4 * 1024 * 1024;

/**
 * Whether an exchange can be compared at all. A conditional question that got a whole answer can: whoever is asked again
 * is asked without the condition.
 */
export function skipReasonOf(exchange: Exchange): SkipReason | undefined {
  const { question, answer } = exchange;
  if (!isRepeatable(question) || namesOtherMethod(question)) return 'method';
  if (hasOneTimeToken(question.target) || holdsOneTimeProof(question)) return 'one-time-token';
  if (rotatesCookie(question, answer)) return 'one-time-token';
  if (answer.status === 206 || answer.status === 416) return 'range';
  if (exchange.servedBy === 'candidate' && headerValue(question.headers, 'range') !== undefined) return 'range';
  const isTooLarge = exchange.isCut === true || answer.body.byteLength > maxComparedBytes;
  return skipReasonOfLegacy(answer) ?? (isTooLarge ? 'too-large' : undefined);
}

/** Whether an answer of legacy is one that a candidate can be held against. */
export function skipReasonOfLegacy(answer: HttpAnswer): SkipReason | undefined {
  if (answer.status >= 500) return 'legacy-5xx';
  if (answer.status === 429) return 'legacy-429';
  return answer.status === 304 || answer.status === 412 ? 'conditional' : undefined;
}

/** Skipped for good: no comparison of such a question is ever to be expected, so none is missing. */
export function isBeyondComparison(reason: string): boolean {
  return reason !== 'too-large' && reason !== 'parked';
}
