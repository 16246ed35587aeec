import type { Knex } from 'knex';
import { describeReads, type ReadPhase, type ReadState, type RoutingSnapshot } from '../kernel/phase.ts';
import { appendAudit, type AuditAction, type AuditNote } from './audit-store.ts';
import { phaseChannel, snapshotSql, toSnapshot, type SnapshotRow } from './phase-rows.ts';

export interface PhaseRow {
  readonly feature: string;
  readonly reads: ReadState;
  /** Of the move that led here; what `move` compares. */
  readonly revision: number;
  readonly enteredAt: Date;
  /** How long the step has lasted by the database's clock, so that processes with other clocks agree. */
  readonly secondsInStep: number;
}

export interface PhaseMove {
  readonly feature: string;
  /** Revision of the row that the decision was made on. */
  readonly expectedRevision: number;
  /** Version of the read model whose evidence the decision was made on; undefined: it was made on none. */
  readonly version?: number | undefined;
  readonly to: ReadState;
  readonly action: AuditAction;
  readonly who: string;
  readonly why: string;
  readonly gate?: AuditNote['gate'];
  /** Kept in the audit as JSON. */
  readonly evidence?: unknown;
}

/** Where each feature stands. Every change is one transaction with its audit note and the notice to all proxies. */
export interface PhaseStore {
  /** The feature's row; made in `legacy` when it is new. */
  ensureFeature(feature: string): Promise<PhaseRow>;
  /** By name. */
  list(): Promise<readonly PhaseRow[]>;
  get(feature: string): Promise<PhaseRow | undefined>;
  /** Compare-and-set: `conflict` when the row is not at the expected revision any more, or another version serves. */
  move(move: PhaseMove): Promise<PhaseRow | 'conflict'>;
  /** What proxies are told. */
  snapshot(): Promise<RoutingSnapshot>;
}

interface StoredRow {
  readonly feature: string;
  readonly phase: ReadPhase;
  readonly percent: number;
  readonly revision: string;
  readonly entered_at: Date;
  readonly seconds: number;
}

const columns = `feature, phase, percent, revision, entered_at,
  greatest(0, extract(epoch FROM clock_timestamp() - entered_at))::float8 AS seconds`;

export function createPhaseStore(knex: Knex): PhaseStore {
  return {
    ensureFeature: (feature) => ensureFeature(knex, feature),
    list: async () => {
      const { rows } = await knex.raw<{ rows: StoredRow[] }>(
        `SELECT ${columns} FROM fig.feature_phase ORDER BY feature COLLATE "C"`,
      );
      return rows.map(toRow);
    },
    get: (feature) => getRow(knex, feature),
    move: (move) => knex.transaction((transaction) => moveFeature(transaction, move)),
    snapshot: async () => toSnapshot((await knex.raw<{ rows: SnapshotRow[] }>(snapshotSql)).rows),
  };
}

async function ensureFeature(knex: Knex, feature: string): Promise<PhaseRow> {
  const known = await getRow(knex, feature);
  if (known) return known;
  return knex.transaction(async (transaction) => {
    const { rows } = await transaction.raw<{ rows: StoredRow[] }>(
      `INSERT INTO fig.feature_phase (feature, phase, percent, revision) VALUES (?, 'legacy', 0, 0)
       ON CONFLICT (feature) DO NOTHING RETURNING ${columns}`,
      [feature],
    );
    if (rows.length > 0) {
      const revision = await nextRevision(transaction);
      await transaction('fig.feature_phase').where({ feature }).update({ revision });
    }
    const row = await getRow(transaction, feature);
    if (!row) throw new Error(`the phase of ${feature} vanished while it was made`);
    return row;
  });
}

async function moveFeature(transaction: Knex.Transaction, move: PhaseMove): Promise<PhaseRow | 'conflict'> {
  const { feature, to } = move;
  const [from] = await transaction<{ feature: string; phase: ReadPhase; percent: number; revision: string }>(
    'fig.feature_phase',
  )
    .where({ feature })
    .forUpdate()
    .select('phase', 'percent', 'revision');
  if (from === undefined || Number(from.revision) !== move.expectedRevision) return 'conflict';
  if (!(await isServing(transaction, move))) return 'conflict';
  // Always the feature's row first and the counter second, so that two moves cannot wait for each other.
  const revision = await nextRevision(transaction);
  const { rows } = await transaction.raw<{ rows: StoredRow[] }>(
    `UPDATE fig.feature_phase
     SET phase = ?, percent = ?, revision = ?, entered_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE feature = ? RETURNING ${columns}`,
    [to.phase, to.percent, revision, feature],
  );
  await appendAudit(transaction, {
    feature,
    action: move.action,
    from: describeReads(from),
    to: describeReads(to),
    who: move.who,
    why: move.why,
    gate: move.gate,
    evidence: move.evidence,
    revision,
  });
  return toRow(rows[0]!);
}

/** A swap leaves the feature's row as it is, since the phase stays; it holds the row, too, so none comes between. */
async function isServing(transaction: Knex.Transaction, { feature, version }: PhaseMove): Promise<boolean> {
  if (version === undefined) return true;
  const serving = await transaction('fig.serving_version').where({ feature }).forShare().first('version');
  return serving === undefined || serving.version === version;
}

/** Counts up and announces it; PostgreSQL sends the notice when the transaction commits. */
export async function nextRevision(transaction: Knex.Transaction): Promise<number> {
  const { rows } = await transaction.raw<{ rows: { revision: string }[] }>(
    'UPDATE fig.phase_revision SET revision = revision + 1 RETURNING revision',
  );
  const [row] = rows;
  if (row === undefined) throw new Error('fig.phase_revision has no row: the control store is damaged');
  await transaction.raw('SELECT pg_notify(?, ?)', [phaseChannel, row.revision]);
  return Number(row.revision);
}

async function getRow(knex: Knex, feature: string): Promise<PhaseRow | undefined> {
  const { rows } = await knex.raw<{ rows: StoredRow[] }>(`SELECT ${columns} FROM fig.feature_phase WHERE feature = ?`, [
    feature,
  ]);
  return rows[0] && toRow(rows[0]);
}

function toRow(row: StoredRow): PhaseRow {
  return {
    feature: row.feature,
    reads: { phase: row.phase, percent: row.percent },
    revision: Number(row.revision),
    enteredAt: row.entered_at,
    secondsInStep: row.seconds,
  };
}
