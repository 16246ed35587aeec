import type { Client } from 'pg';

/** What the legacy server keeps of its log for a slot. */
export class SlotHold {
  readonly #client: Pick<Client, 'query'>;
  readonly #slot: string;
  #bytes: number | undefined;
  #isAsking = false;

  constructor(client: Pick<Client, 'query'>, slot: string) {
    this.#client = client;
    this.#slot = slot;
  }

  /** As it was at the last look; undefined: not known. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  /** Asks the server, unless it still owes an answer. Never rejects: it is a figure, and nothing depends on it. */
  async look(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { rows } = await this.#client.query<{ held: string | null }>(
        `SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                                ELSE pg_current_wal_lsn() END, restart_lsn)::text AS held
           FROM pg_replication_slots WHERE slot_name = $1`,
        [this.#slot],
      );
      const held = rows[0]?.held;
      this.#bytes = held === undefined || held === null ? undefined : Math.max(0, Number(held));
    } catch {
      this.#bytes = undefined;
    } finally {
      this.#isAsking = false;
    }
  }
}
