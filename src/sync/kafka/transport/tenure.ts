import { Client } from 'pg';
import { sleep } from '../../../kernel/service.ts';
import { endConnection, noticesCuts } from '../../postgres/legacy-connection.ts';

const ASK_EVERY_MS = 500;
const ANSWER_BUDGET_MS = 3_000;

/** What only one process of a migration does at a time. */
export type Office = 'leader' | 'projector' | 'events';

/**
 * One process's time in an office, held by a session of the control store: the server ends it with the connection, so a
 * process that dies gives it up at once. It fences nobody: what the holder does is fenced where it is done.
 */
export class Tenure implements AsyncDisposable {
  readonly #client: Client;
  readonly #lost = new AbortController();
  readonly #watch: Promise<void>;

  private constructor(client: Client) {
    this.#client = client;
    client.once('error', () => this.#lost.abort());
    client.once('end', () => this.#lost.abort());
    this.#watch = this.#ask();
  }

  /** Waits for its turn; undefined when the signal aborts before. Rejects when the store does not answer. */
  static async take(
    storeUrl: string,
    { migration, office }: { readonly migration: string; readonly office: Office },
    signal: AbortSignal,
  ): Promise<Tenure | undefined> {
    const client = new Client({
      ...noticesCuts,
      connectionString: storeUrl,
      application_name: `fig ${office}`,
      query_timeout: ANSWER_BUDGET_MS,
    });
    client.on('error', () => undefined); // It fails the query, or is told as a loss.
    try {
      await client.connect();
      while (!signal.aborted) {
        const { rows } = await client.query<{ taken: boolean }>(
          'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
          [`strangler-fig ${office} ${migration}`],
        );
        if (rows[0]!.taken) return new Tenure(client);
        await sleep(ASK_EVERY_MS, signal);
      }
    } catch (error) {
      await endConnection(client).catch(() => undefined); // The first error is the one that matters.
      throw error;
    }
    await endConnection(client);
    return undefined;
  }

  /** Aborts when another process may have taken over. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lost.abort();
    await this.#watch;
    await endConnection(this.#client).catch(() => undefined); // It is given up with the connection in any case.
  }

  /** A connection that was cut without a word is noticed by an answer that does not come. */
  async #ask(): Promise<void> {
    while (!this.#lost.signal.aborted) {
      await sleep(ASK_EVERY_MS * 2, this.#lost.signal);
      if (this.#lost.signal.aborted) return;
      await this.#client.query('SELECT 1').catch(() => this.#lost.abort());
    }
  }
}
