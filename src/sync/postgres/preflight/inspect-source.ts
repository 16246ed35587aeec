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

/** What stands against capturing one table with one declared key. */
export interface Refusal {
  readonly demand: SourceDemand;
  readonly errors: readonly Finding[];
}

export interface Preflight {
  readonly findings: readonly Finding[];
  /** Those of them that are about no table in particular: they hold for every read model. */
  readonly ofServer: readonly Finding[];
  /** Those about tables: they hold for the read models that are made from them. */
  readonly refusals: readonly Refusal[];
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
  const read = await inReadOnly(client, () => readAll(client, slot, demands));
  const { role, publication } = read;
  const refusal = await probeReplication(url);
  const { refusals, publishing } = judgeDemands(read, slot, demands);
  const refused = refusals.map(({ demand }) => demand.table);
  const tables = tablesOf(demands);
  const isOfTable = ({ subject }: Finding): boolean => tables.includes(subject);
  const before = [
    ...judgeServer(read.server),
    ...judgeRole(role),
    ...judgeRefusal(refusal, role.mayReplicate),
    ...judgeSlot(read.slot, role.database),
    ...judgeActivity(read.activity, read.slot !== undefined),
  ];
  return {
    findings: [
      ...before,
      ...judgeTables(read, demands),
      ...publishing,
      ...judgePublication(publication, tables),
      ...judgeExposedTables(read.exposed),
    ],
    ofServer: [
      ...before,
      ...publishing.filter((finding) => !isOfTable(finding)),
      ...judgePublication(publication, tables, refused),
    ],
    refusals,
    tables: read.tables,
  };
}

/** Looks at the tables alone. For what is looked at again and again while capture goes on. */
export async function findRefusals(
  client: Client,
  { slot, demands }: Pick<SourceToInspect, 'slot' | 'demands'>,
): Promise<readonly Refusal[]> {
  const read = await inReadOnly(client, () => readTables(client, slot, demands));
  return judgeDemands(read, slot, demands).refusals;
}

async function inReadOnly<T>(client: Client, read: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await client.query("SET LOCAL statement_timeout = '15s'; SET LOCAL lock_timeout = '2s'");
    return await read();
  } finally {
    await client.query('ROLLBACK');
  }
}

async function readTables(client: Client, slot: string, demands: readonly SourceDemand[]) {
  const tables = new Map<string, SourceTable>();
  for (const name of tablesOf(demands)) {
    const table = await describeTable(client, name);
    if (table) tables.set(name, table);
  }
  return {
    tables,
    facts: await readTableFacts(client, tablesOf(demands)),
    role: await readRoleFacts(client),
    publication: await readPublicationFacts(client, slot),
  };
}

async function readAll(client: Client, slot: string, demands: readonly SourceDemand[]) {
  return {
    ...(await readTables(client, slot, demands)),
    server: await readServerFacts(client, slot),
    slot: await readSlotFacts(client, slot),
    activity: await readActivityFacts(client),
    exposed: await readExposedTables(client, slot),
  };
}

type TablesRead = Awaited<ReturnType<typeof readTables>>;

function judgeDemands(
  { tables, facts, role, publication }: TablesRead,
  slot: string,
  demands: readonly SourceDemand[],
) {
  const publishing = judgePublishing(slot, publication, role, facts.values());
  const refusals = demands.flatMap((demand): Refusal[] => {
    const ofTable = judgeTable(demand, tables.get(demand.table), facts.get(demand.table));
    const ofPublishing = publishing.filter(({ subject }) => subject === demand.table);
    const errors = [...ofTable, ...ofPublishing].filter(({ severity }) => severity === 'error');
    return errors.length === 0 ? [] : [{ demand, errors }];
  });
  return { publishing, refusals };
}

/** Each once, whichever keys read models declare of it. */
function tablesOf(demands: readonly SourceDemand[]): readonly string[] {
  return [...new Set(demands.map(({ table }) => table))];
}

/** What holds for a table whatever its key is told once. */
function judgeTables(
  { tables, facts }: Pick<TablesRead, 'tables' | 'facts'>,
  demands: readonly SourceDemand[],
): readonly Finding[] {
  const found = demands.flatMap((demand) => judgeTable(demand, tables.get(demand.table), facts.get(demand.table)));
  return [...new Map(found.map((finding) => [JSON.stringify(finding), finding])).values()];
}
