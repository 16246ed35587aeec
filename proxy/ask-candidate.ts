import { validateHeaderName, validateHeaderValue } from 'node:http';
import { versionKey } from '../src/config/feature-versions.ts';
import type { CandidateQuestion, CandidateResult } from '../src/kernel/candidate.ts';
import type { HttpAnswer } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import { endToEnd, filterHeaders } from './hop-by-hop.ts';
import type { ProxyOptions } from './proxy-options.ts';
import { timedOut, withinTime } from './within-time.ts';

const MAX_IN_FLIGHT = 100;
/** A question that never settles holds its place this long, as a multiple of its time, but at least a second. */
const ABANDON_FACTOR = 10;

/** Headers of a candidate's answer that are ours to set, or that it has no business setting while legacy owns sessions. */
const notTheCandidates = new Set(['content-length', 'set-cookie', 'trailer']);

/**
 * Asks candidates and trusts none of them: time, number and shape of the answer are checked here again. Never rejects.
 */
export class CandidateDesk {
  readonly #candidate: ProxyOptions['candidate'];
  readonly #maxInFlight: number;
  /** By version: where one of them hangs, there is room with the other. */
  readonly #inFlight = new Map<string, number>();

  constructor(candidate: ProxyOptions['candidate'], maxInFlight: number = MAX_IN_FLIGHT) {
    this.#candidate = candidate;
    this.#maxInFlight = maxInFlight;
  }

  async ask(question: CandidateQuestion, timeoutMs: number): Promise<CandidateResult> {
    const startedAt = performance.now();
    const took = (): number => performance.now() - startedAt;
    const key = versionKey(question.feature, question.version);
    const inFlight = this.#inFlight.get(key) ?? 0;
    if (inFlight >= this.#maxInFlight) {
      return { ok: false, failure: 'busy', reason: `${inFlight} questions are with it`, tookMs: took() };
    }
    try {
      const candidate = this.#candidate(question.feature, question.version);
      if (candidate === undefined) return { ok: false, failure: 'failed', reason: 'there is none', tookMs: took() };
      const asking = this.#holdPlace(key, candidate.ask(question, timeoutMs), timeoutMs);
      const result = await withinTime(asking, timeoutMs);
      if (result === timedOut) {
        return { ok: false, failure: 'timeout', reason: `no answer within ${timeoutMs} ms`, tookMs: took() };
      }
      return checked(result, took(), question.method);
    } catch (error) {
      return { ok: false, failure: 'failed', reason: describeError(error), tookMs: took() };
    }
  }

  /** Counts a question until it settles, so that a hung candidate cannot pile up work without bound. */
  #holdPlace(key: string, asking: Promise<CandidateResult>, timeoutMs: number): Promise<CandidateResult> {
    this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1);
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      clearTimeout(abandoned);
      this.#inFlight.set(key, (this.#inFlight.get(key) ?? 1) - 1);
    };
    const abandoned = setTimeout(release, Math.max(1_000, timeoutMs * ABANDON_FACTOR));
    abandoned.unref();
    const settled = Promise.resolve(asking);
    settled.then(release, release);
    return settled;
  }
}

/** The result if it can be sent to a user as it is; otherwise a failure. */
function checked(result: CandidateResult, tookMs: number, method: string): CandidateResult {
  if (!result.ok) return { ok: false, failure: result.failure, reason: result.reason, tookMs };
  const { status, headers, body } = result.answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    return { ok: false, failure: 'invalid', reason: `${String(status)} is no status of an answer`, tookMs };
  }
  if (status >= 500) return { ok: false, failure: 'failed', reason: `it answered ${status}`, tookMs };
  const fault = faultOfHeaders(headers);
  if (fault !== undefined) return { ok: false, failure: 'invalid', reason: fault, tookMs };
  if (!(body instanceof Uint8Array)) return { ok: false, failure: 'invalid', reason: 'its body is not bytes', tookMs };
  return { ok: true, answer: { status, headers: sendable(headers, method), body }, tookMs };
}

function faultOfHeaders(headers: HttpAnswer['headers']): string | undefined {
  if (!Array.isArray(headers) || headers.length % 2 !== 0) return 'its headers are not names and values in turn';
  try {
    for (let i = 0; i < headers.length; i += 2) {
      validateHeaderName(headers[i]);
      validateHeaderValue(headers[i], headers[i + 1]);
      if (typeof headers[i + 1] !== 'string') return `its header ${headers[i]} is not text`;
    }
  } catch (error) {
    return describeError(error);
  }
  return undefined;
}

/** The length of what a GET would give is the candidate's to tell; that of a body we count ourselves. */
function sendable(headers: HttpAnswer['headers'], method: string): string[] {
  let isLengthTold = method !== 'HEAD';
  return filterHeaders(endToEnd(headers), (name, value) => {
    if (name === 'content-length' && !isLengthTold && /^\d{1,15}$/.test(value)) return (isLengthTold = true);
    return !notTheCandidates.has(name);
  });
}
