import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position, SourcePosition } from '../../kernel/position.ts';
import { sleep } from '../../kernel/service.ts';
import type { ChangeSource, FindStart, OpenStream, OtherPositions, StartPoint } from '../capture/change-source.ts';
import type { DirectSource } from '../capture/direct-source.ts';
import type { StreamEvent } from '../change.ts';
import type { ChangeStream } from '../change-stream.ts';
import { ForwardedStream } from '../forwarded-stream.ts';
import { landedPrefix } from './landing-place.ts';
import { settledPrefix } from './settled-writes.ts';
import { LandedPositions } from './landed-positions.ts';

const LOOK_EVERY_MS = 200;
/** Before somebody is told that it takes long. */
const PATIENCE_MS = 5_000;

export interface LandingSourceOptions {
  readonly direct: DirectSource;
  /** The landing database. */
  readonly db: Knex;
  /** `topic.prefix` of the connector. */
  readonly prefix: string;
  /** What visitors' writes are ordered by: the legacy server's log, or steps of the store. */
  readonly source: SourcePosition & AsyncDisposable;
  /** How long after a write its step of the store is told, where such steps order writes; see `SettledWrites`. */
  readonly settleMs: number | undefined;
  /** Why nothing lands; undefined while nothing is known to be wrong. */
  readonly failure: () => string | undefined;
}

/** Changes of a landing database, at positions of the legacy server's log. */
export class LandingSource implements ChangeSource {
  readonly holdsSlot = true;
  readonly passedCode = 'FIG_SLOT_PASSED';
  readonly positions: OtherPositions;
  readonly #options: LandingSourceOptions;
  readonly #landed = new LandedPositions();

  constructor(options: LandingSourceOptions) {
    this.#options = options;
    const { source, settleMs } = options;
    this.positions = { source, translate: (streamed) => this.#landed.at(streamed), heldBackMs: settleMs };
  }

  get failure(): string | undefined {
    return this.#options.failure();
  }

  /**
   * Waits until the connector's snapshot has landed: until then the tables are as it has them in part. Throws FIG_TOPIC_WAITS when
   * that takes long, so that somebody is told why.
   */
  async awaitTurn(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    while (!signal.aborted) {
      if (await this.#hasLanded()) return;
      const why = this.#options.failure();
      if (why !== undefined || performance.now() - startedAt > PATIENCE_MS) {
        throw new FigError(
          'FIG_TOPIC_WAITS',
          `the legacy database has not landed yet: ${why ?? 'the connector tells of no transaction'}`,
          {
            remedy:
              'It begins by itself with the next transaction of the legacy database. The connector has to run, with `provide.transaction.metadata=true`.',
          },
        );
      }
      await sleep(LOOK_EVERY_MS, signal);
    }
  }

  find(start: FindStart): Promise<StartPoint> {
    return this.#options.direct.find(start);
  }

  async open(options: OpenStream): Promise<ChangeStream> {
    const stream = await this.#options.direct.open(options);
    this.#landed.forget();
    // Where the stream begins nothing tells how far the landing is, and it may be long until something lands.
    await this.#announce();
    return new AnnouncedStream(stream, (events) => this.#note(events));
  }

  async moved(): Promise<void> {
    // The server knows by what is acknowledged.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.direct[Symbol.asyncDispose]();
    await this.#options.db.destroy();
  }

  async #hasLanded(): Promise<boolean> {
    const { db, prefix } = this.#options;
    const { rows } = await db.raw(`SELECT to_regclass('fig_landing.place') IS NOT NULL AS is`);
    if (!rows[0].is) return false;
    // One that an earlier version made has no such column until something lands in it again.
    const { rows: found } = await db.raw(
      `SELECT coalesce((to_jsonb(p) ->> 'is_whole')::boolean, position > 0) AS is FROM fig_landing.place AS p WHERE prefix = ?`,
      [prefix],
    );
    return found[0]?.is === true;
  }

  /** What was read had been committed before the message is. */
  async #announce(): Promise<void> {
    // Steps of the store are told every second, and those of another store mean nothing.
    if (this.#options.settleMs !== undefined) return;
    await this.#options.db.raw(
      // One that an earlier version made has no such column yet.
      `SELECT pg_logical_emit_message(true, ?, to_jsonb(p) ->> 'told') FROM fig_landing.place AS p
        WHERE prefix = ? AND to_jsonb(p) ->> 'told' IS NOT NULL`,
      [landedPrefix, this.#options.prefix],
    );
  }

  /** A step that the store has not reached is of another store. */
  async #isOurs(position: Position): Promise<boolean> {
    if (this.#options.settleMs === undefined) return true;
    return position <= (await this.#options.source.read().catch(() => -1n));
  }

  async #note(events: readonly StreamEvent[]): Promise<void> {
    const told = this.#options.settleMs === undefined ? landedPrefix : settledPrefix;
    for (const event of events) {
      if (event.type !== 'transaction') continue;
      for (const { prefix, content } of event.transaction.messages) {
        if (prefix !== told) continue;
        const position = BigInt(content);
        if (await this.#isOurs(position)) this.#landed.note(event.transaction.endPosition, position);
      }
    }
    // Of one that does not fit into memory the message is not seen.
    if (events.some(({ type }) => type === 'large')) await this.#announce();
  }
}

/** Shows each piece of a stream to somebody before it is given on. */
class AnnouncedStream extends ForwardedStream {
  readonly #show: (events: readonly StreamEvent[]) => Promise<void>;

  constructor(stream: ChangeStream, show: (events: readonly StreamEvent[]) => Promise<void>) {
    super(stream);
    this.#show = show;
  }

  override async next(): Promise<readonly StreamEvent[] | undefined> {
    const events = await super.next();
    if (events) await this.#show(events);
    return events;
  }
}
