import { Agent, request } from 'undici';
import type { Candidate, CandidateQuestion, CandidateResult } from '../kernel/candidate.ts';
import { describeError } from '../kernel/fig-error.ts';
import { maxAnswerBytes } from './answer-of.ts';

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
      const headers = passedOn(question.headers);
      const response = await request(new URL(question.target, this.#origin), {
        method: question.method,
        headers,
        ...(question.graphql && { body: question.graphql.body }),
        dispatcher: this.#agent,
        signal,
        responseHeaders: 'raw',
      });
      const body = new Uint8Array(await response.body.arrayBuffer());
      const tookMs = performance.now() - started;
      if (response.statusCode >= 500) {
        return { ok: false, failure: 'failed', reason: `it answered ${response.statusCode}`, tookMs };
      }
      // With raw response headers undici gives the flat list instead of the object that its types declare.
      const raw = (response.headers as unknown as (Buffer | string)[]).map(String);
      return { ok: true, answer: { status: response.statusCode, headers: raw, body }, tookMs };
    } catch (error) {
      const failure = signal.aborted ? 'timeout' : 'failed';
      return { ok: false, failure, reason: describeError(error), tookMs: performance.now() - started };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function passedOn(headers: readonly string[]): string[] {
  const kept: string[] = ['accept-encoding', 'identity'];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!left.test(headers[i]!)) kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}
