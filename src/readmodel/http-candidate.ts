import { Agent } from 'undici';
import type { Candidate, CandidateQuestion, CandidateResult } from '../kernel/candidate.ts';
import type { HttpAnswer } from '../kernel/exchange.ts';
import { describeError } from '../kernel/fig-error.ts';
import { maxAnswerBytes } from './answer-of.ts';

/** A service that has not heard of HEAD says so by these (RFC 9110, sections 15.5.6 and 15.6.2). */
const cannotAnswerHead: ReadonlySet<number> = new Set([405, 501]);

/** Not passed on: they belong to the user's connection or ask for less than the whole answer. */
const left =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|expect|if-.*|range|accept-encoding)$/i;

/** Asks an HTTP service in any language. Its answer is read whole before it is used. */
export class HttpCandidate implements Candidate, AsyncDisposable {
  readonly #origin: URL;
  readonly #agent: Agent;

  constructor(origin: URL) {
    this.#origin = origin;
    this.#agent = new Agent({ connections: 64, pipelining: 1, maxResponseSize: maxAnswerBytes });
  }

  async ask(question: CandidateQuestion, timeoutMs: number): Promise<CandidateResult> {
    const started = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      let answer = await this.#request(question, question.method, signal);
      // What a GET is answered is what a HEAD would be, less its body (RFC 9110, section 9.3.2).
      if (question.method === 'HEAD' && cannotAnswerHead.has(answer.status)) {
        answer = { ...(await this.#request(question, 'GET', signal)), body: new Uint8Array() };
      }
      const tookMs = performance.now() - started;
      if (answer.status >= 500) {
        return { ok: false, failure: 'failed', reason: `it answered ${answer.status}`, tookMs };
      }
      return { ok: true, answer, tookMs };
    } catch (error) {
      const failure = signal.aborted ? 'timeout' : 'failed';
      return { ok: false, failure, reason: describeError(error), tookMs: performance.now() - started };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(
    { target, headers, query }: CandidateQuestion,
    method: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    // Not as a URL, which would spell the target anew: quotes, bytes above ASCII, whatever is behind a #.
    const response = await this.#agent.request({
      origin: this.#origin.origin,
      path: target,
      method,
      headers: passedOn(headers),
      ...(query && { body: query.body }),
      signal,
      responseHeaders: 'raw',
    });
    const body = new Uint8Array(await response.body.arrayBuffer());
    // With raw response headers undici gives the flat list instead of the object that its types declare.
    const raw = (response.headers as unknown as (Buffer | string)[]).map(String);
    return { status: response.statusCode, headers: raw, body };
  }
}

function passedOn(headers: readonly string[]): string[] {
  const kept: string[] = ['accept-encoding', 'identity'];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!left.test(headers[i]!)) kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}
