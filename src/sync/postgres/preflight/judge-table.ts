import type { SourceTable } from '../catalog.ts';
import type { Finding, FindingId, SourceDemand } from './finding.ts';
import { quoteTable } from './quote-identifier.ts';
import type { TableFacts } from './table-facts.ts';

const kinds: Readonly<Record<string, string>> = {
  p: 'a partitioned table',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
};

/** Pure: what is wrong with a table, given what the read model wants of it. The first thing that stops capture is enough. */
export function judgeTable(
  demand: SourceDemand,
  table: SourceTable | undefined,
  facts: TableFacts | undefined,
): readonly Finding[] {
  const refuse = (id: FindingId, problem: string, remedy: string): readonly Finding[] => [
    { id, severity: 'error', subject: demand.table, problem, remedy },
  ];
  const quoted = quoteTable(demand.table);
  if (!table || !facts) {
    return refuse('table-missing', 'there is no such table', 'Correct the name in the read model, or make the table.');
  }
  if (facts.kind !== 'r') {
    return refuse(
      'not-a-table',
      `is not an ordinary table but ${kinds[facts.kind] ?? 'something else'}`,
      'Name ordinary tables; views and partitioned tables cannot be captured yet (a single partition can).',
    );
  }
  if (facts.persistence !== 'p') {
    return refuse(
      'not-logged',
      facts.persistence === 'u' ? 'is unlogged: its changes are in no log' : 'is temporary: its changes are in no log',
      facts.persistence === 'u' ? `ALTER TABLE ${quoted} SET LOGGED;` : 'Name a permanent table.',
    );
  }
  if (facts.children > 0) {
    return refuse(
      'inheritance',
      'has tables that inherit from it: their rows would be copied as its own, and their changes would not come',
      'Name the inheriting tables themselves, or move their rows into this one.',
    );
  }
  return [...judgeIdentity(demand, table, facts), ...judgeRows(demand.table, table, facts)];
}

function judgeIdentity(demand: SourceDemand, table: SourceTable, facts: TableFacts): readonly Finding[] {
  const refuse = (id: FindingId, problem: string, remedy: string): readonly Finding[] => [
    { id, severity: 'error', subject: demand.table, problem, remedy },
  ];
  const quoted = quoteTable(demand.table);
  const useIndex = `ALTER TABLE ${quoted} REPLICA IDENTITY USING INDEX a_unique_index;`;
  const fix = `ALTER TABLE ${quoted} ADD PRIMARY KEY (...), or ${useIndex}`;
  const harm = 'publishing it would make the legacy app’s updates and deletes fail';
  if (table.replicaIdentity === 'nothing') {
    const back = table.primaryKey.length > 0 ? `ALTER TABLE ${quoted} REPLICA IDENTITY DEFAULT;` : fix;
    return refuse('replica-identity', `has no replica identity (it is set to NOTHING): ${harm}`, back);
  }
  if (table.replicaIdentity !== 'full' && table.identityColumns.length === 0) {
    if (table.replicaIdentity === 'index') {
      const why = 'has no replica identity (the index that it named is gone)';
      return refuse(
        'replica-identity',
        `${why}: ${harm}`,
        `ALTER TABLE ${quoted} REPLICA IDENTITY DEFAULT; or ${useIndex}`,
      );
    }
    if (facts.primaryKeyDeferrable) {
      const why = 'has no replica identity (a deferrable primary key cannot be one)';
      return refuse(
        'replica-identity',
        `${why}: ${harm}`,
        `${useIndex} the index must be unique, not deferrable, and its columns NOT NULL.`,
      );
    }
    return refuse('replica-identity', `has no replica identity: ${harm}`, fix);
  }
  const missing = demand.key.filter((column) => !table.columns.some(({ name }) => name === column));
  if (missing.length > 0) {
    const all = facts.generated.filter((column) => missing.includes(column));
    const why = all.length > 0 ? ' that is streamed: generated columns are not' : '';
    return refuse('key-columns', `has no column ${missing.join(', ')}${why}`, 'Correct the key in the read model.');
  }
  const isIdentity = table.replicaIdentity !== 'full' && sameColumns(demand.key, table.identityColumns);
  if (!isIdentity && facts.primaryKeyDeferrable && sameColumns(demand.key, table.primaryKey)) {
    return refuse(
      'key-deferrable',
      'its primary key is deferrable: within a transaction two rows can have the same key',
      'Declare a unique index that is not deferrable as the key, and as the replica identity.',
    );
  }
  if (!isIdentity && !sameColumns(demand.key, table.primaryKey)) {
    const known = table.primaryKey.length > 0 ? table.primaryKey : table.identityColumns;
    return refuse(
      'key-not-identity',
      `the declared key (${demand.key.join(', ')}) is not its primary key or replica identity`,
      known.length === 0 ? fix : `Declare the key as (${known.join(', ')}).`,
    );
  }
  if (table.replicaIdentity !== 'full' && !demand.key.every((column) => table.identityColumns.includes(column))) {
    return refuse(
      'key-not-identity',
      `its replica identity (${table.identityColumns.join(', ')}) does not tell the key of a deleted row`,
      `Declare the key as (${table.identityColumns.join(', ')}).`,
    );
  }
  if (table.replicaIdentity !== 'full') return [];
  return [
    {
      id: 'replica-identity-full',
      severity: 'warning',
      subject: demand.table,
      problem: 'has replica identity FULL: every update and delete writes the whole old row into the log',
      remedy: `ALTER TABLE ${quoted} REPLICA IDENTITY DEFAULT; unless another program needs the old rows.`,
    },
  ];
}

/** Rights, rows that are hidden, columns that arrive as something else. */
function judgeRows(name: string, table: SourceTable, facts: TableFacts): readonly Finding[] {
  const findings: Finding[] = [];
  const quoted = quoteTable(name);
  if (!facts.maySeeSchema) {
    findings.push({
      id: 'privilege-schema',
      severity: 'error',
      subject: name,
      problem: `the schema ${table.schema} is closed to this role`,
      remedy: `GRANT USAGE ON SCHEMA ${quoteTable(`${table.schema}.x`).slice(0, -2)} TO the role of legacy.database;`,
    });
  }
  if (!facts.maySelect) {
    findings.push({
      id: 'privilege-select',
      severity: 'error',
      subject: name,
      problem: 'may not be read by this role',
      remedy: `GRANT SELECT ON ${quoted} TO the role of legacy.database;`,
    });
  }
  if (facts.hidesRows) {
    findings.push({
      id: 'row-security',
      severity: 'error',
      subject: name,
      problem: 'row security hides rows from this role: they would be missing from the copy',
      remedy: 'ALTER ROLE ... BYPASSRLS; for the role of legacy.database.',
    });
  }
  if (facts.generated.length > 0) {
    findings.push({
      id: 'generated-columns',
      severity: 'info',
      subject: name,
      problem: `the generated columns ${facts.generated.join(', ')} are not streamed, so they are not in the mirror`,
      remedy: 'Compute them in build, from the columns that they are generated from.',
    });
  }
  const texts = table.columns.filter(({ sourceType, mirrorType }) => mirrorType === 'text' && !isText(sourceType));
  if (texts.length > 0) {
    findings.push({
      id: 'types-as-text',
      severity: 'info',
      subject: name,
      problem: `mirrored as text, as PostgreSQL prints it: ${texts.map((c) => `${c.name} (${c.sourceType})`).join(', ')}`,
      remedy: 'Cast it in build where text is not enough.',
    });
  }
  return findings;
}

function isText(type: string): boolean {
  return type === 'text';
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length > 0 && a.length === b.length && a.every((column) => b.includes(column));
}
