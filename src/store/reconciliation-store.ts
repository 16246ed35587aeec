import type { Knex } from 'knex';
import { formatPosition, type Position } from '../kernel/position.ts';

/** What is wrong with a row of the copy: it is not there, legacy has no such row, or a value differs. */
export type DifferenceKind = 'missing' | 'extra' | 'different';

export type ReconciliationState =
  /** Nothing differs. */
  | 'clean'
  /** What differed was put right, and looked at again. */
  | 'repaired'
  /** Something differs. */
  | 'different'
  /** Nothing is known to differ, but some rows changed whenever they were looked at. */
  | 'undetermined'
  /** It did not come to its end. */
  | 'failed';

/** One compared table: a legacy table with its mirror, or the read model with what `build` gives. */
export interface ComparedPart {
  /** `public.orders`, or the name of the read model. */
  readonly name: string;
  readonly rows: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly undetermined: number;
  readonly repaired: number;
  /** There are more differences than were counted. */
  readonly truncated: boolean;
  /** Keys that were not compared because they cannot be built. Absent in what an earlier version stored. */
  readonly leftOut?: number | undefined;
}

/** One row that differed. Values are never kept; keys that may be personal only as a keyed hash. */
export interface DifferenceSample {
  readonly part: string;
  readonly kind: DifferenceKind;
  readonly key: string;
}

export interface Reconciliation {
  readonly state: ReconciliationState;
  readonly repair: boolean;
  /** False when only some of the sources were compared. */
  readonly whole: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Log position of the last comparison, as PostgreSQL prints it; undefined when there was none, or it was of rows that were made anew since. */
  readonly position: string | undefined;
  readonly parts: readonly ComparedPart[];
  readonly samples: readonly DifferenceSample[];
  readonly error: string | undefined;
}

export interface LastReconciliation extends Reconciliation {
  /** Since it was finished, by the database's clock, so that processes with other clocks agree. */
  readonly ageSeconds: number;
}

export interface ReconciliationEnd extends Pick<Reconciliation, 'state' | 'parts' | 'samples' | 'error'> {
  readonly position: Position | undefined;
}

interface StoredReconciliation {
  state: ReconciliationState;
  repair: boolean;
  whole: boolean;
  started_at: string;
  finished_at: string;
  age: string;
  position: string | null;
  parts: string;
  samples: string;
  error: string | null;
}

/** Runs of one read model that are kept. */
const KEPT = 100;

const isoTime = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`;

/** Records that a comparison begins. One that began earlier and never ended was cut off. */
export async function beginReconciliation(
  db: Knex,
  start: { readonly projection: string; readonly repair: boolean; readonly whole: boolean },
): Promise<string> {
  await db('fig.reconciliation')
    .where({ projection: start.projection, state: 'running' })
    .update({ state: 'failed', finished_at: db.fn.now(), error: 'it was cut off' });
  const [made] = (await db('fig.reconciliation')
    .insert({ ...start, state: 'running' })
    .returning(db.raw('id::text AS id') as never)) as { id: string }[];
  await db.raw(
    `DELETE FROM fig.reconciliation WHERE projection = :projection AND id <= (
       SELECT id FROM fig.reconciliation WHERE projection = :projection ORDER BY id DESC OFFSET :kept LIMIT 1)`,
    { projection: start.projection, kept: KEPT },
  );
  return made!.id;
}

/** Undefined: the read model was built anew meanwhile, so what was found says nothing about it. */
export async function endReconciliation(
  db: Knex,
  id: string,
  end: ReconciliationEnd,
): Promise<Reconciliation | undefined> {
  await db('fig.reconciliation')
    .where({ id })
    .update({
      state: end.state,
      finished_at: db.raw('clock_timestamp()'),
      position: end.position?.toString() ?? null,
      parts: JSON.stringify(end.parts),
      samples: JSON.stringify(end.samples),
      error: end.error ?? null,
    });
  const ended = await readWhere(db, 'id = ?', [id]);
  if (ended === undefined) return undefined;
  const { ageSeconds: _, ...outcome } = ended;
  return outcome;
}

/** The latest comparison of all sources; with `conclusive` the latest that came to its end. */
export async function lastReconciliation(
  db: Knex,
  projection: string,
  { conclusive }: { readonly conclusive: boolean },
): Promise<LastReconciliation | undefined> {
  const open = conclusive ? `('running', 'failed')` : `('running')`;
  return readWhere(db, `projection = ? AND whole AND state NOT IN ${open}`, [projection]);
}

async function readWhere(
  db: Knex,
  where: string,
  bindings: readonly string[],
): Promise<LastReconciliation | undefined> {
  const { rows } = await db.raw<{ rows: StoredReconciliation[] }>(
    `SELECT state, repair, whole, ${isoTime('started_at')}, ${isoTime('finished_at')}, position::text AS position,
            greatest(0, extract(epoch FROM clock_timestamp() - finished_at))::text AS age, parts::text AS parts, samples::text AS samples, error
       FROM fig.reconciliation WHERE ${where} ORDER BY id DESC LIMIT 1`,
    [...bindings],
  );
  const [row] = rows;
  if (!row) return undefined;
  return {
    state: row.state,
    repair: row.repair,
    whole: row.whole,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    ageSeconds: Number(row.age),
    position: row.position === null ? undefined : formatPosition(BigInt(row.position)),
    parts: JSON.parse(row.parts) as ComparedPart[],
    samples: JSON.parse(row.samples) as DifferenceSample[],
    error: row.error ?? undefined,
  };
}
