import type { Knex } from 'knex';
import type { Position } from '../kernel/position.ts';

/** The rows that a batch read model has. */
export interface BatchRows {
  readonly fingerprint: string;
  /** What the position is of; positions of two clocks cannot be compared. */
  readonly clock: string;
  /** Every write up to it is in the rows. */
  readonly position: Position;
  readonly rows: number;
  /** When the load that gave them began, and when it was done. Milliseconds since the epoch, as every time here. */
  readonly loadedFrom: number;
  readonly loadedAt: number;
}

export interface BatchLoad {
  /** Undefined until a load has succeeded. */
  readonly loaded: BatchRows | undefined;
  /** When the last load began, be it done, failed or still under way. */
  readonly triedAt: number | undefined;
  /** Loads that failed since the last that did not. */
  readonly failures: number;
  readonly error: string | undefined;
}

interface StoredLoad {
  fingerprint: string | null;
  clock: string | null;
  position: string | null;
  rows: string | null;
  loaded_from: string | null;
  loaded_at: string | null;
  tried_at: string | null;
  failures: number;
  error: string | null;
}

const columns = ['fingerprint', 'clock', 'position', 'rows', 'failures', 'error'];
const times = ['loaded_from', 'loaded_at', 'tried_at'];

/** What is known of the loads of batch read models, by their name and version. */
export class BatchStore {
  async find(db: Knex, name: string): Promise<BatchLoad> {
    const row: StoredLoad | undefined = await db('fig.batch_load')
      .where({ name })
      .first([...columns, ...times.map((time) => db.raw('extract(epoch from ??)::text AS ??', [time, time]))]);
    if (!row) return { loaded: undefined, triedAt: undefined, failures: 0, error: undefined };
    return {
      loaded:
        row.position === null
          ? undefined
          : {
              fingerprint: row.fingerprint ?? '',
              clock: row.clock ?? '',
              position: BigInt(row.position),
              rows: Number(row.rows),
              loadedFrom: milliseconds(row.loaded_from) ?? 0,
              loadedAt: milliseconds(row.loaded_at) ?? 0,
            },
      triedAt: milliseconds(row.tried_at),
      failures: row.failures,
      error: row.error ?? undefined,
    };
  }

  /** By the database's clock, which is what times of loads are compared with: those of processes may differ. */
  async now(db: Knex): Promise<number> {
    const { rows } = await db.raw<{ rows: { now: string }[] }>(
      'SELECT extract(epoch FROM clock_timestamp())::text AS now',
    );
    return milliseconds(rows[0]!.now)!;
  }

  async began(db: Knex, name: string, at: number): Promise<void> {
    await db('fig.batch_load')
      .insert({ name, tried_at: new Date(at) })
      .onConflict('name')
      .merge(['tried_at']);
  }

  /** In the transaction that puts the rows in their place. */
  async succeeded(tx: Knex.Transaction, name: string, rows: BatchRows): Promise<void> {
    await tx('fig.batch_load')
      .where({ name })
      .update({
        fingerprint: rows.fingerprint,
        clock: rows.clock,
        position: rows.position.toString(),
        rows: rows.rows,
        loaded_from: new Date(rows.loadedFrom),
        loaded_at: new Date(rows.loadedAt),
        failures: 0,
        error: null,
      });
  }

  async failed(db: Knex, name: string, error: string): Promise<void> {
    await db('fig.batch_load')
      .where({ name })
      .update({ failures: db.raw('failures + 1'), error });
  }
}

function milliseconds(seconds: string | null): number | undefined {
  return seconds === null ? undefined : Math.round(Number(seconds) * 1_000);
}
