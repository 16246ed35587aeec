import { Client, DatabaseError } from 'pg';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { sleep } from '../../kernel/service.ts';
import {
  endSessionsOf,
  forgetSeats,
  holdersOf,
  leaveSeat,
  listSeats,
  type LockHolder,
  type LockMode,
  type SeatEntry,
  type SeenSeat,
  tellSeat,
  tryLock,
  unlock,
} from '../../store/seat-store.ts';
import { endConnection, noticesCuts } from '../postgres/legacy-connection.ts';

const BEAT_MS = 1_000;
const ANSWER_BUDGET_MS = 3_000;
/** Who was not seen for so long stands still, and what it holds is taken. Several signs of life fit into it. */
export const SEAT_LEASE_MS = 5_000;
/** One look is not enough: the database itself may have stood still. */
const BETWEEN_LOOKS_MS = 900;
const MISSING_RIGHT = '42501';

/**
 * A session of the control store by which a process holds what only one may do at a time: the server ends it with the
 * connection, so a process that dies gives all up at once. One that stands still is ended by whoever waits for what it
 * holds. It fences nobody: what the holder does is fenced where it is done.
 */
export class Seat implements AsyncDisposable {
  readonly #client: Client;
  readonly #entry: SeatEntry;
  readonly #log: Log;
  readonly #lost = new AbortController();
  readonly #watch: Promise<void>;
  /** Who seemed to stand still when it was last looked, and since when. */
  readonly #suspects = new Map<string, { readonly seenAt: string; readonly since: number }>();
  #held: readonly string[] = [];
  #hasToldMissingRight = false;

  private constructor(client: Client, entry: SeatEntry, log: Log) {
    this.#client = client;
    this.#entry = entry;
    this.#log = log;
    client.once('error', () => this.#lost.abort());
    client.once('end', () => this.#lost.abort());
    this.#watch = this.#beat();
  }

  /** Rejects when the store does not answer. */
  static async take(storeUrl: string, entry: SeatEntry, log: Log): Promise<Seat> {
    const client = new Client({
      ...noticesCuts,
      connectionString: storeUrl,
      application_name: `fig ${entry.office}`,
      query_timeout: ANSWER_BUDGET_MS,
    });
    client.on('error', () => undefined); // It fails the query, or is told as a loss.
    try {
      await client.connect();
      await forgetSeats(client);
      // A lock of its own shows that the session lives, also to who has no right to look at other sessions.
      await tryLock(client, `strangler-fig seat ${entry.process} ${entry.office}`, 'exclusive');
      await tellSeat(client, entry, []);
    } catch (error) {
      await endConnection(client).catch(() => undefined); // The first error is the one that matters.
      throw error;
    }
    return new Seat(client, entry, log);
  }

  /** Aborts when another process may have taken over. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Without waiting; false: another process has it. One that stands still is made to lose it, which takes a moment. */
  async lock(name: string, mode: LockMode = 'exclusive'): Promise<boolean> {
    if (await tryLock(this.#client, name, mode)) return true;
    for (const holder of await holdersOf(this.#client, name)) {
      if (this.#standsStill(holder)) await this.#end(holder);
    }
    return false;
  }

  async unlock(name: string): Promise<void> {
    await unlock(this.#client, name);
  }

  /** What this process does, for the others to see at once. */
  async tell(held: readonly string[]): Promise<void> {
    this.#held = held;
    await tellSeat(this.#client, this.#entry, held);
  }

  /** Of all that live, this one included. */
  async seats(): Promise<readonly SeenSeat[]> {
    const seats = await listSeats(this.#client, this.#entry);
    return seats.filter(({ silentMs, isConnected }) => isConnected && silentMs < SEAT_LEASE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#lost.signal.aborted) await leaveSeat(this.#client, this.#entry).catch(() => undefined); // It expires as well.
    this.#lost.abort();
    await this.#watch;
    await endConnection(this.#client).catch(() => undefined); // It is given up with the connection in any case.
  }

  /** Also: a connection that was cut without a word is noticed by an answer that does not come. */
  async #beat(): Promise<void> {
    while (!this.#lost.signal.aborted) {
      await sleep(BEAT_MS, this.#lost.signal);
      if (this.#lost.signal.aborted) return;
      await tellSeat(this.#client, this.#entry, this.#held).catch(() => this.#lost.abort());
    }
  }

  #standsStill({ process, silentMs, seenAt }: LockHolder): boolean {
    const before = this.#suspects.get(process);
    if (silentMs < SEAT_LEASE_MS) this.#suspects.delete(process);
    else if (before?.seenAt !== seenAt) this.#suspects.set(process, { seenAt, since: machineNow() });
    else return machineNow() - before.since >= BETWEEN_LOOKS_MS;
    return false;
  }

  async #end(holder: LockHolder): Promise<void> {
    const { host, pid, silentMs } = holder;
    const { office } = this.#entry;
    const fields = { code: 'FIG_HOLDER_STUCK', office, host, pid, silentMs: Math.round(silentMs) };
    try {
      await endSessionsOf(this.#client, holder);
      this.#suspects.delete(holder.process);
      this.#log.warn(fields, 'a process stands still and holds what this one waits for; its sessions are ended');
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== MISSING_RIGHT) throw error;
      if (this.#hasToldMissingRight) return;
      this.#hasToldMissingRight = true;
      const what = 'a process stands still, and this one has no right to end its sessions (pg_signal_backend)';
      this.#log.error({ ...fields, error: describeError(error) }, what);
    }
  }
}
