import { Pool } from 'undici';
import { legacyConnector, serverNameOf, type LegacyTlsSource } from '../src/config/connect-legacy.ts';
import { readTlsMaterial } from '../src/config/tls-material.ts';
import { isRepeatable, type HttpQuestion } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import { maxComparedBytes } from './comparability.ts';
import type { LegacyResult } from './judge.ts';
import { repeatedHeaders } from './question-headers.ts';
import { Semaphore } from './semaphore.ts';

export interface LegacyAskerOptions {
  readonly url: URL;
  /** How a legacy at https is verified. Default: by the authorities node knows. */
  readonly tls?: LegacyTlsSource | undefined;
  /** Questions at once; a difference must not become a load on legacy. Default 4. */
  readonly concurrency?: number | undefined;
  /** Milliseconds for a whole answer. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/** Asks legacy a question a second time, as the same visitor: the copy says where it came from as the original did. */
export class LegacyAsker implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #places: Semaphore;
  readonly #timeoutMs: number;
  readonly #serverName: { readonly servername?: string };

  constructor({ url, tls: source = {}, concurrency = 4, timeoutMs = 5_000 }: LegacyAskerOptions) {
    const { servername, rejectUnauthorized = true } = source;
    const tls = { ...readTlsMaterial(source, 'legacy.tls'), servername, rejectUnauthorized };
    const isSecure = url.protocol === 'https:';
    this.#serverName = isSecure ? { servername: serverNameOf(url, tls) } : {};
    this.#pool = new Pool(url.origin, {
      connections: concurrency,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(isSecure ? { connect: legacyConnector(url, tls, timeoutMs) } : {}),
    });
    this.#places = new Semaphore(concurrency);
    this.#timeoutMs = timeoutMs;
  }

  /** Only questions that read are asked; redirects are answers like any other. Never rejects. */
  ask(question: HttpQuestion): Promise<LegacyResult> {
    if (!isRepeatable(question)) return Promise.resolve({ ok: false, reason: `${question.method} is not repeated` });
    return this.#places.run(() => this.#ask(question));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask({ method, target, headers, query }: HttpQuestion): Promise<LegacyResult> {
    const startedAt = performance.now();
    try {
      const response = await this.#pool.request({
        method: method === 'POST' || method === 'HEAD' ? method : 'GET',
        path: target,
        headers: repeatedHeaders(headers),
        ...(query && { body: query.body }),
        responseHeaders: 'raw',
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...this.#serverName,
      });
      const body = await readAtMost(response.body, maxComparedBytes);
      if (!body) return { ok: false, reason: `the answer has more than ${maxComparedBytes} bytes` };
      const raw: unknown = response.headers;
      const answer = { status: response.statusCode, headers: Array.isArray(raw) ? raw.map(String) : [], body };
      return { ok: true, answer, tookMs: performance.now() - startedAt };
    } catch (error) {
      return { ok: false, reason: describeError(error) };
    }
  }
}

/** The whole body, or undefined when there is more. Leaving the loop early destroys the stream. */
async function readAtMost(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
