import type { Client } from 'pg';
import { describeTable, type SourceTable } from '../catalog.ts';
import { readActivityFacts } from './activity-facts.ts';
import type { Finding, SourceDemand } from './finding.ts';
import { judgeActivity } from './judge-activity.ts';
import { judgeExposedTables, judgePublication } from './judge-publication.ts';
import { judgePublishing } from './judge-publishing.ts';
import { judgeRole } from './judge-role.ts';
import { judgeServer } from './judge-server.ts';
import { judgeSlot } from './judge-slot.ts';
import { judgeTable } from './judge-table.ts';
import { judgeRefusal, probeReplication } from './probe-replication.ts';
import { readExposedTables, readPublicationFacts } from './publication-facts.ts';
import { readRoleFacts } from './role-facts.ts';
import { readServerFacts } from './server-facts.ts';
import { readSlotFacts } from './slot-facts.ts';
import { readTableFacts } from './table-facts.ts';

export interface Preflight {
  readonly findings: readonly Finding[];
  readonly tables: ReadonlyMap<string, SourceTable>;
}

export interface SourceToInspect {
  /** Where the client is connected to; a replication connection is tried there. */
  readonly url: string;
  /** Name of slot and publication. */
  readonly slot: string;
  readonly demands: readonly SourceDemand[];
}

/**
 * Finds out whether capture can work and whether it could harm the legacy app: a published table without replica identity
 * makes the app's own updates and deletes fail. Reads the catalog in one read-only transaction and takes no lock that
 * could make anybody wait.
 */
export async function inspectSource(client: Client, { url, slot, demands }: SourceToInspect): Promise<Preflight> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  let read: Awaited<ReturnType<typeof readAll>>;
  try {
    await client.query("SET LOCAL statement_timeout = '15s'; SET LOCAL lock_timeout = '2s'");
    read = await readAll(client, slot, demands);
  } finally {
    await client.query('ROLLBACK');
  }
  const { role, facts, publication } = read;
  const refusal = await probeReplication(url);
  const findings = [
    ...judgeServer(read.server),
    ...judgeRole(role),
    ...judgeRefusal(refusal, role.mayReplicate),
    ...judgeSlot(read.slot, role.database),
    ...judgeActivity(read.activity, read.slot !== undefined),
    ...judgeTables(read, demands),
    ...judgePublishing(slot, publication, role, facts.values()),
    ...judgePublication(publication, tablesOf(demands)),
    ...judgeExposedTables(read.exposed),
  ];
  return { findings, tables: read.tables };
}

async function readAll(client: Client, slot: string, demands: readonly SourceDemand[]) {
  const tables = new Map<string, SourceTable>();
  for (const name of tablesOf(demands)) {
    const table = await describeTable(client, name);
    if (table) tables.set(name, table);
  }
  return {
    tables,
    server: await readServerFacts(client, slot),
    role: await readRoleFacts(client),
    slot: await readSlotFacts(client, slot),
    activity: await readActivityFacts(client),
    facts: await readTableFacts(client, tablesOf(demands)),
    publication: await readPublicationFacts(client, slot),
    exposed: await readExposedTables(client, slot),
  };
}

/** Each once, whichever keys read models declare of it. */
function tablesOf(demands: readonly SourceDemand[]): readonly string[] {
  return [...new Set(demands.map(({ table }) => table))];
}

/** What holds for a table whatever its key is told once. */
function judgeTables(
  { tables, facts }: Pick<Awaited<ReturnType<typeof readAll>>, 'tables' | 'facts'>,
  demands: readonly SourceDemand[],
): readonly Finding[] {
  const found = demands.flatMap((demand) => judgeTable(demand, tables.get(demand.table), facts.get(demand.table)));
  return [...new Map(found.map((finding) => [JSON.stringify(finding), finding])).values()];
}
