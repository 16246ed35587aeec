import type { Finding } from './finding.ts';
import type { ExposedTable, PublicationFacts } from './publication-facts.ts';
import { quoteIdentifier, quoteTable } from './quote-identifier.ts';

/**
 * Pure: whether the publication that has our name is as it must be, or can be made so. Of `refused` tables nothing is
 * captured anyway: that they are missing is told as their own finding, and stands against no other.
 */
export function judgePublication(
  publication: PublicationFacts | undefined,
  wanted: readonly string[],
  refused: readonly string[] = [],
): readonly Finding[] {
  if (!publication) return [];
  const subject = `publication ${publication.name}`;
  const quoted = quoteIdentifier(publication.name);
  const error = (id: Finding['id'], problem: string, remedy: string): readonly Finding[] => [
    { id, severity: 'error', subject, problem, remedy },
  ];
  const anew = `DROP PUBLICATION ${quoted}; fig makes it again as it must be.`;
  if (publication.allTables) {
    return error('publication-all-tables', 'publishes all tables, also those that no read model needs', anew);
  }
  const filtered = publication.filtered.filter((table) => wanted.includes(table));
  if (filtered.length > 0) {
    return error('publication-filtered', `publishes only some rows or columns of ${filtered.join(', ')}`, anew);
  }
  if (!publication.isWhole) {
    const set = `ALTER PUBLICATION ${quoted} SET (publish = 'insert, update, delete, truncate');`;
    return error('publication-partial', 'does not publish all of inserts, updates, deletes and truncates', set);
  }
  const missing = wanted.filter((table) => !publication.tables.includes(table) && !refused.includes(table));
  const more = publication.tables.filter((table) => !wanted.includes(table));
  if (!publication.isMine && missing.length + more.length > 0) {
    const list = wanted.map(quoteTable).join(', ');
    const set = `Its owner can: ALTER PUBLICATION ${quoted} SET TABLE ${list};`;
    return error('publication-foreign', 'belongs to another role and does not publish what the read models need', set);
  }
  if (more.length === 0) return [];
  return [
    {
      id: 'publication-other-tables',
      severity: 'info',
      subject,
      problem: `publishes ${more.join(', ')} as well, which no read model needs; fig takes them out of it`,
      remedy: 'If another program reads this publication, give the migration another name.',
    },
  ];
}

/** Pure: tables whose updates and deletes fail already, with or without fig. */
export function judgeExposedTables(exposed: readonly ExposedTable[]): readonly Finding[] {
  return exposed.map(({ table, publication }) => ({
    id: 'legacy-already-at-risk',
    severity: 'warning',
    subject: table,
    problem: `is published by ${publication} without a replica identity: updates and deletes of it fail today`,
    remedy: `ALTER TABLE ${quoteTable(table)} ADD PRIMARY KEY (...); or take it out of that publication.`,
  }));
}
