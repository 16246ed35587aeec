import type { Client } from 'pg';
import { FigError } from '../../kernel/fig-error.ts';
import { describeTable, type SourceTable } from './catalog.ts';

export interface Finding {
  /** An error stops everything; a warning is told and capture goes on. */
  readonly severity: 'error' | 'warning';
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
}

export interface SourceDemand {
  /** `schema.table` */
  readonly table: string;
  /** Key columns that the read model declares. */
  readonly key: readonly string[];
}

export interface Preflight {
  readonly findings: readonly Finding[];
  readonly tables: ReadonlyMap<string, SourceTable>;
}

interface ServerFacts {
  version: number;
  wal_level: string;
  may_replicate: boolean;
  slots: number;
  max_slots: number;
  senders: number;
  max_senders: number;
  keep: string;
}

/**
 * Finds out, without changing anything, whether capture can work and whether it could harm the legacy app: a published
 * table without replica identity makes the app's own updates and deletes fail.
 */
export async function inspectSource(
  client: Client,
  slot: string,
  demands: readonly SourceDemand[],
): Promise<Preflight> {
  const findings = await inspectServer(client, slot);
  const tables = new Map<string, SourceTable>();
  for (const demand of demands) {
    const table = await describeTable(client, demand.table);
    if (table) tables.set(demand.table, table);
    findings.push(...judgeTable(demand, table));
  }
  return { findings, tables };
}

/** Throws FIG_PREFLIGHT_REFUSED with every error found, if there is one. */
export function refuseOnErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const lines = errors.map(({ subject, problem, remedy }) => `  ${subject}: ${problem}\n    ${remedy}`);
  throw new FigError('FIG_PREFLIGHT_REFUSED', `capture from the legacy database was not started:\n${lines.join('\n')}`);
}

/** Pure: what is wrong with a table, given what the read model wants of it. */
export function judgeTable(demand: SourceDemand, table: SourceTable | undefined): Finding[] {
  const error = (problem: string, remedy: string): Finding[] => [
    { severity: 'error', subject: demand.table, problem, remedy },
  ];
  if (!table) return error('there is no such table', 'Correct the name in the read model, or grant access to it.');
  if (table.kind !== 'r') {
    return error(
      'is not an ordinary table',
      'Name ordinary tables; views and partitioned tables cannot be captured yet.',
    );
  }
  const fix = `ALTER TABLE ${demand.table} ADD PRIMARY KEY (...), or ALTER TABLE ${demand.table} REPLICA IDENTITY USING INDEX a_unique_index;`;
  if (table.replicaIdentity === 'nothing' || (table.replicaIdentity !== 'full' && table.identityColumns.length === 0)) {
    return error('has no replica identity: publishing it would make the legacy app’s updates and deletes fail', fix);
  }
  const missing = demand.key.filter((column) => !table.columns.some(({ name }) => name === column));
  if (missing.length > 0) return error(`has no column ${missing.join(', ')}`, 'Correct the key in the read model.');
  const unique = sameColumns(demand.key, table.primaryKey) || sameColumns(demand.key, table.identityColumns);
  if (!unique) {
    const known = table.primaryKey.length > 0 ? table.primaryKey.join(', ') : table.identityColumns.join(', ');
    return error(
      `the declared key (${demand.key.join(', ')}) is not its primary key or replica identity`,
      known === '' ? fix : `Declare the key as (${known}).`,
    );
  }
  if (table.replicaIdentity !== 'full' && !demand.key.every((column) => table.identityColumns.includes(column))) {
    return error(
      `its replica identity (${table.identityColumns.join(', ')}) does not tell the key of a deleted row`,
      `Declare the key as (${table.identityColumns.join(', ')}).`,
    );
  }
  return [];
}

async function inspectServer(client: Client, slot: string): Promise<Finding[]> {
  const result = await client.query<ServerFacts>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('wal_level') AS wal_level,
            (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user) AS may_replicate,
            (SELECT count(*)::int FROM pg_replication_slots WHERE slot_name <> $1) AS slots,
            current_setting('max_replication_slots')::int AS max_slots,
            (SELECT count(*)::int FROM pg_stat_replication) AS senders,
            current_setting('max_wal_senders')::int AS max_senders,
            current_setting('max_slot_wal_keep_size') AS keep`,
    [slot],
  );
  const facts = result.rows[0];
  if (!facts) throw new FigError('FIG_PREFLIGHT_REFUSED', 'the legacy database did not tell its settings');
  return judgeServer(facts);
}

/** Pure: what is wrong with the server. */
export function judgeServer(facts: ServerFacts): Finding[] {
  const findings: Finding[] = [];
  const add = (severity: Finding['severity'], subject: string, problem: string, remedy: string): void => {
    findings.push({ severity, subject, problem, remedy });
  };
  if (facts.version < 140_000) {
    add('error', 'server', 'PostgreSQL is older than 14', 'Upgrade: markers in the stream need version 14.');
  }
  if (facts.wal_level !== 'logical') {
    add(
      'error',
      'wal_level',
      `is ${facts.wal_level}`,
      'ALTER SYSTEM SET wal_level = logical; then restart the server.',
    );
  }
  if (!facts.may_replicate) {
    add('error', 'role', 'may not replicate', 'ALTER ROLE ... REPLICATION; for the user of legacy.database.');
  }
  if (facts.slots >= facts.max_slots) {
    add('error', 'max_replication_slots', `all ${facts.max_slots} are taken`, 'Raise it, or drop an unused slot.');
  }
  if (facts.senders >= facts.max_senders) {
    add('error', 'max_wal_senders', `all ${facts.max_senders} are taken`, 'Raise it and restart the server.');
  }
  if (facts.keep === '-1') {
    add(
      'warning',
      'max_slot_wal_keep_size',
      'is unlimited: a stopped capture could fill the disk with log',
      "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();",
    );
  }
  return findings;
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length > 0 && a.length === b.length && a.every((column) => b.includes(column));
}
