import type { Client } from 'pg';
import { describeError, FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import { parsePosition, type Position } from '../../../kernel/position.ts';
import { type Service, sleep, startLoop } from '../../../kernel/service.ts';
import { identifySource, type SourceIdentity } from '../../postgres/identify-source.ts';
import { connectToLegacy, endConnection } from '../../postgres/legacy-connection.ts';
import { messagePrefix } from '../../postgres/source-position.ts';
import type { LogicalMessage } from '../../change.ts';
import type { ContinuityMarks } from './continuity-marks.ts';

const LOOK_EVERY_MS = 1_000;
const STOP_BUDGET_MS = 2_000;
/** What an idle server writes by itself. A change takes more with its commit record, by 96 bytes at least. */
const IDLE_BYTES = 64n;

export interface SourceWatchOptions {
  readonly url: string;
  /** `slot.name` of the connector. */
  readonly slot: string;
  /** Whom the session that reads has met. */
  readonly identity: SourceIdentity;
  readonly marks: ContinuityMarks;
  /** Told once, when the server is no longer who it was. */
  readonly onOther: (error: FigError) => void;
  readonly log: Log;
}

/**
 * Looks at the legacy server beside a connector that reads it: writes marks wherever its log went on, notices when another server
 * or timeline answers, and knows what the connector has told its slot. Never fails; what cannot be asked is asked again.
 */
export class SourceWatch implements AsyncDisposable {
  readonly #options: SourceWatchOptions;
  readonly #loop: Service;
  #client: Client | undefined;
  #markedTo: Position = 0n;
  #wanted: Position | undefined;
  /** What the slot was told, and the mark that was written after. */
  #proof: { readonly told: Position; readonly mark: string; isBack: boolean } | undefined;

  constructor(options: SourceWatchOptions) {
    this.#options = options;
    this.#loop = startLoop({
      name: 'source watch',
      turn: () => this.#look(),
      onError: (error) =>
        options.log.debug({ error: describeError(error) }, 'legacy could not be looked at beside the connector'),
    });
  }

  /**
   * Whether everything that ends at or before the position is in the topics: a connector tells its slot of what was written
   * before. A slot that was made anew is told as well, so a mark has to come after that. Asking makes it come about.
   */
  hasWritten(position: Position): boolean {
    const proof = this.#proof;
    if (proof && proof.told >= position) return proof.isBack;
    this.#wanted = position;
    return false;
  }

  /** A message has come, which may not be its turn yet. */
  saw({ content }: Pick<LogicalMessage, 'content'>): void {
    if (this.#proof?.mark === content) this.#proof.isBack = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It may be connecting, and then has a connection after that.
    const over = this.#loop.stop().then(() => this.#hangUp());
    await this.#hangUp();
    // A server that does not answer is not waited for.
    const waited = new AbortController();
    await Promise.race([over, sleep(STOP_BUDGET_MS, waited.signal)]).finally(() => waited.abort());
  }

  async #look(): Promise<number> {
    try {
      this.#client ??= await this.#connect();
      await this.#mark(this.#client);
      return LOOK_EVERY_MS;
    } catch (error) {
      await this.#hangUp();
      throw error;
    }
  }

  /** Who answers is asked once for each connection: a server that became another one has cut it. */
  async #connect(): Promise<Client | undefined> {
    const { url, identity, onOther } = this.#options;
    const client = await connectToLegacy(url, 'fig marks');
    try {
      const { system, timeline } = await identifySource(url);
      if (system === identity.system && timeline === identity.timeline) return client;
      onOther(new FigError('FIG_LOG_FORKED', `the legacy server goes on with timeline ${timeline} of ${system}`));
    } catch (error) {
      await endConnection(client);
      throw error;
    }
    await endConnection(client);
    return undefined;
  }

  async #mark(client: Client | undefined): Promise<void> {
    if (!client) return;
    const { slot, marks } = this.#options;
    const { rows } = await client.query<{ at: string; told: string | null }>(
      `SELECT pg_current_wal_insert_lsn()::text AS at, (SELECT confirmed_flush_lsn::text FROM pg_replication_slots
         WHERE slot_name = $1 AND database = current_database()) AS told`,
      [slot],
    );
    const told = rows[0]!.told === null ? undefined : parsePosition(rows[0]!.told);
    const proves = told !== undefined && this.#wanted !== undefined && told >= this.#wanted;
    if (!proves && parsePosition(rows[0]!.at) - this.#markedTo < IDLE_BYTES) return;
    const mark = marks.writing();
    if (proves) this.#proof = { told, mark, isBack: false };
    try {
      await client.query(`SELECT pg_logical_emit_message(true, $1, $2)`, [messagePrefix, mark]);
      const after = await client.query<{ at: string }>('SELECT pg_current_wal_insert_lsn()::text AS at');
      this.#markedTo = parsePosition(after.rows[0]!.at);
      marks.written(mark, this.#markedTo);
    } catch (error) {
      marks.gaveUp(mark);
      throw error;
    }
    if (proves) this.#wanted = undefined;
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client) await endConnection(client).catch(() => undefined); // It is gone, or goes with the process.
  }
}
