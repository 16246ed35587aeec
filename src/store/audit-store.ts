import type { Knex } from 'knex';

export type AuditAction =
  /** The gate passed. */
  | 'promote'
  /** Somebody passed over the gate. */
  | 'force'
  /** Reads were sent back, by somebody or by fig itself. */
  | 'rollback'
  /** All reads of all features were sent to legacy, or handed back to the phases. */
  | 'kill-switch'
  /** Somebody asked for dead letters to be tried at once. */
  | 'retry-dead-letter'
  /** Somebody let one go, and the row of its key is served as it is. */
  | 'discard-dead-letter'
  /** Another version of a read model serves from then on: a later one that was proven, */
  | 'swap-version'
  /** or that somebody wanted all the same, */
  | 'force-swap-version'
  /** or the one before. */
  | 'swap-version-back'
  /** A version that did not serve was taken out of the store. */
  | 'drop-version'
  /** Reads of a route were seen to write to legacy, so that they are not compared any more; */
  | 'quarantine'
  /** somebody lets them be compared again. */
  | 'lift-quarantine';

/** What is kept of one transition, for as long as the control store lives. */
export interface AuditNote {
  readonly feature: string;
  readonly action: AuditAction;
  /** `shadow`, `canary 5%`. */
  readonly from: string;
  readonly to: string;
  readonly who: string;
  readonly why: string;
  /** What the gate said at that moment; undefined when nobody asked it. */
  readonly gate: 'PASS' | 'FAIL' | 'INCONCLUSIVE' | undefined;
  /** What was known at that moment, as JSON; it holds counts and reasons, never bodies. */
  readonly evidence: unknown;
  /** Revision of the routing that the transition made. */
  readonly revision: number;
}

export interface AuditEntry extends AuditNote {
  readonly id: number;
  readonly at: Date;
}

/** Reads the audit. Nothing updates or deletes it: a trigger in the database refuses. */
export interface AuditStore {
  /** Latest first, at most `limit`; of every feature when none is named. */
  list(feature: string | undefined, limit: number): Promise<readonly AuditEntry[]>;
}

interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly feature: string;
  readonly action: AuditAction;
  readonly from_reads: string;
  readonly to_reads: string;
  readonly who: string;
  readonly why: string;
  readonly gate: 'PASS' | 'FAIL' | 'INCONCLUSIVE' | null;
  readonly evidence: unknown;
  readonly revision: string;
}

export function createAuditStore(knex: Knex): AuditStore {
  return {
    list: async (feature, limit) => {
      const query = knex<AuditRow>('fig.audit').orderBy('id', 'desc').limit(limit);
      const rows: AuditRow[] = await (feature === undefined ? query : query.where({ feature }));
      return rows.map(toEntry);
    },
  };
}

/** Writes a note in the transaction of the move it tells of, so that neither exists without the other. */
export async function appendAudit(transaction: Knex.Transaction, note: AuditNote): Promise<void> {
  const { from, to, gate, evidence, ...rest } = note;
  await transaction('fig.audit').insert({
    ...rest,
    from_reads: from,
    to_reads: to,
    gate: gate ?? null,
    evidence: evidence === undefined ? null : JSON.stringify(evidence),
  });
}

function toEntry(row: AuditRow): AuditEntry {
  const { from_reads: from, to_reads: to, ...rest } = row;
  return { ...rest, from, to, id: Number(row.id), revision: Number(row.revision), gate: row.gate ?? undefined };
}
