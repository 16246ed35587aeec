import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';

/** Prefix of the messages in the log of the landing database that tell how far it is. */
export const landedPrefix = 'fig.landed';

export interface Landed {
  /** In the legacy server's log; 0: not even the first transaction. */
  readonly position: Position;
  /** Where rows of snapshots that have not landed begin, by topic and partition. */
  readonly snapshots: ReadonlyMap<string, bigint>;
}

/** Where a landing database is, in the database itself, so that rows and place move in one transaction. */
export class LandingPlace {
  readonly #prefix: string;
  #epoch = '0';

  /** `prefix`: the connector's. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Makes the place this process's: one that took it before can land nothing more. Undefined: nothing ever landed. */
  async claim(db: Knex): Promise<Landed | undefined> {
    await db.raw('CREATE SCHEMA IF NOT EXISTS fig_landing');
    await db.raw(`CREATE TABLE IF NOT EXISTS fig_landing.place (
      prefix text PRIMARY KEY, position numeric NOT NULL, snapshots jsonb NOT NULL, epoch bigint NOT NULL, is_made boolean NOT NULL)`);
    const { rows } = await db.raw(
      `INSERT INTO fig_landing.place AS p VALUES (?, 0, '{}', 1, false)
         ON CONFLICT (prefix) DO UPDATE SET epoch = p.epoch + 1
       RETURNING position::text, snapshots::text, epoch::text, is_made`,
      [this.#prefix],
    );
    const row = rows[0] as { position: string; snapshots: string; epoch: string; is_made: boolean };
    this.#epoch = row.epoch;
    if (!row.is_made) return undefined;
    const snapshots = Object.entries(JSON.parse(row.snapshots) as Record<string, string>).map(
      ([place, offset]) => [place, BigInt(offset)] as const,
    );
    return { position: BigInt(row.position), snapshots: new Map(snapshots) };
  }

  /** In the transaction that lands. Throws FIG_PROJECTION_FAILED when it is another process's by now. */
  async move(tx: Knex.Transaction, { position, snapshots }: Landed): Promise<void> {
    const offsets = Object.fromEntries([...snapshots].map(([place, offset]) => [place, String(offset)]));
    const moved = await tx.raw(
      'UPDATE fig_landing.place SET position = ?, snapshots = ?, is_made = true WHERE prefix = ? AND epoch = ?',
      [String(position), JSON.stringify(offsets), this.#prefix, this.#epoch],
    );
    if (moved.rowCount === 0) {
      throw new FigError('FIG_PROJECTION_FAILED', `another process lands what ${this.#prefix} sends`);
    }
    if (position > 0n) await tx.raw('SELECT pg_logical_emit_message(true, ?, ?)', [landedPrefix, String(position)]);
  }
}
