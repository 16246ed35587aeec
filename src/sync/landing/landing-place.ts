import type { Knex } from 'knex';
import type { ErrorCode } from '../../kernel/error-codes.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import type { BinlogPlace } from '../kafka/debezium/snapshot-mark.ts';

/** Prefix of the messages in the log of the landing database that tell how far it is. */
export const landedPrefix = 'fig.landed';

export interface Landed {
  /** In the legacy server's log, as the connector tells it; 0: not even the first transaction. */
  readonly position: Position;
  /** Where rows of snapshots that have not landed begin, by topic and partition. */
  readonly snapshots: ReadonlyMap<string, bigint>;
  /** Of the snapshot whose rows have landed. */
  readonly snapshotPlace: BinlogPlace | undefined;
  /** Whether the tables are as they were at one moment; before that nothing may be read from them. */
  readonly isWhole: boolean;
  /** Whether a transaction has landed, and not only a snapshot. */
  readonly hasTransactions: boolean;
}

export const nothingLanded: Landed = {
  position: 0n,
  snapshots: new Map(),
  snapshotPlace: undefined,
  isWhole: false,
  hasTransactions: false,
};

interface PlaceRow {
  readonly position: string;
  readonly snapshots: string;
  readonly snapshot_place: string | null;
  readonly is_whole: boolean;
  readonly has_transactions: boolean;
  readonly is_made: boolean;
  readonly epoch: string;
  readonly refusal: string | null;
}

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** Codes of what is wrong with rows that have landed, or with those to come, for good. */
const forGood: readonly ErrorCode[] = ['FIG_TOPIC_GAP', 'FIG_SOURCE_CHANGED', 'FIG_LOG_FORKED'];

/** Where a landing database is, in the database itself, so that rows and place move in one transaction. */
export class LandingPlace {
  readonly #prefix: string;
  #epoch = '0';

  /** `prefix`: the connector's. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * Makes the place this process's: one that took it before can land nothing more. Undefined: nothing ever landed. Throws what
   * was refused before, see `refuse`.
   */
  async claim(db: Knex): Promise<Landed | undefined> {
    await db.raw('CREATE SCHEMA IF NOT EXISTS fig_landing');
    await db.raw(`CREATE TABLE IF NOT EXISTS fig_landing.place (
      prefix text PRIMARY KEY, position numeric NOT NULL, snapshots jsonb NOT NULL, epoch bigint NOT NULL, is_made boolean NOT NULL)`);
    // What landed before these columns were kept began with a transaction.
    await db.raw(`ALTER TABLE fig_landing.place ADD COLUMN IF NOT EXISTS snapshot_place text,
      ADD COLUMN IF NOT EXISTS is_whole boolean, ADD COLUMN IF NOT EXISTS has_transactions boolean,
      ADD COLUMN IF NOT EXISTS refusal jsonb, ADD COLUMN IF NOT EXISTS told numeric`);
    const { rows } = await db.raw(
      `INSERT INTO fig_landing.place AS p VALUES (?, 0, '{}', 1, false)
         ON CONFLICT (prefix) DO UPDATE SET epoch = p.epoch + 1
       RETURNING position::text, snapshots::text, epoch::text, is_made, snapshot_place, refusal::text,
         coalesce(is_whole, position > 0) AS is_whole, coalesce(has_transactions, position > 0) AS has_transactions`,
      [this.#prefix],
    );
    const row = rows[0] as PlaceRow;
    this.#epoch = row.epoch;
    if (row.refusal !== null) throw refused(JSON.parse(row.refusal) as Refusal);
    return row.is_made ? landedOf(row) : undefined;
  }

  /**
   * Keeps what was found while something landed, where it can only land anew: who begins again reads topics side by side, and could
   * move past the place where it was found before coming to it.
   */
  async refuse(db: Knex, error: unknown): Promise<void> {
    if (!(error instanceof FigError) || !forGood.includes(error.code)) return;
    const { code, message, remedy } = error;
    await db.raw('UPDATE fig_landing.place SET refusal = ? WHERE prefix = ? AND epoch = ?', [
      JSON.stringify({ code, message, remedy }),
      this.#prefix,
      this.#epoch,
    ]);
  }

  /**
   * In the transaction that lands. `mayTell`: that position may be told to those who read what has landed. Throws
   * FIG_PROJECTION_FAILED when the place is another process's by now.
   */
  async move(tx: Knex.Transaction, landed: Landed, mayTell: boolean): Promise<void> {
    const { position, snapshots, snapshotPlace: at, isWhole, hasTransactions } = landed;
    const isTold = isWhole && mayTell;
    const offsets = Object.fromEntries([...snapshots].map(([place, offset]) => [place, String(offset)]));
    const moved = await tx.raw(
      `UPDATE fig_landing.place SET position = ?, snapshots = ?, snapshot_place = ?, is_whole = ?, has_transactions = ?, is_made = true,
          told = CASE WHEN ? THEN ?::numeric ELSE told END
        WHERE prefix = ? AND epoch = ?`,
      [
        String(position),
        JSON.stringify(offsets),
        at ? `${at.file} ${at.offset}` : null,
        isWhole,
        hasTransactions,
        isTold,
        String(position),
        this.#prefix,
        this.#epoch,
      ],
    );
    if (moved.rowCount === 0) throw this.#taken();
    if (isTold) await tell(tx, landedPrefix, position);
  }

  /** Tells, without moving, by a message of this prefix. Throws as `move`. */
  async tell(tx: Knex.Transaction, prefix: string, position: Position): Promise<void> {
    const mine = await tx.raw('SELECT 1 FROM fig_landing.place WHERE prefix = ? AND epoch = ? FOR SHARE', [
      this.#prefix,
      this.#epoch,
    ]);
    if (mine.rowCount === 0) throw this.#taken();
    await tell(tx, prefix, position);
  }

  #taken(): FigError {
    return new FigError('FIG_PROJECTION_FAILED', `another process lands what ${this.#prefix} sends`);
  }
}

async function tell(tx: Knex.Transaction, prefix: string, position: Position): Promise<void> {
  await tx.raw('SELECT pg_logical_emit_message(true, ?, ?)', [prefix, String(position)]);
}

function refused({ code, message, remedy }: Refusal): FigError {
  return new FigError(code, message, { remedy });
}

function landedOf(row: PlaceRow): Landed {
  const offsets = Object.entries(JSON.parse(row.snapshots) as Record<string, string>);
  const [file, offset] = row.snapshot_place?.split(' ') ?? [];
  return {
    position: BigInt(row.position),
    snapshots: new Map(offsets.map(([place, next]) => [place, BigInt(next)] as const)),
    snapshotPlace: file === undefined || offset === undefined ? undefined : { file, offset: BigInt(offset) },
    isWhole: row.is_whole,
    hasTransactions: row.has_transactions,
  };
}
