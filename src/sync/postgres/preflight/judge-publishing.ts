import type { Finding } from './finding.ts';
import type { PublicationFacts } from './publication-facts.ts';
import { quoteIdentifier, quoteTable } from './quote-identifier.ts';
import type { RoleFacts } from './role-facts.ts';
import type { TableFacts } from './table-facts.ts';

/** Pure: whether the role can make the publication, unless somebody has made it already. */
export function judgePublishing(
  name: string,
  publication: PublicationFacts | undefined,
  role: RoleFacts,
  tables: Iterable<TableFacts>,
): readonly Finding[] {
  const all = [...tables];
  const isComplete = publication !== undefined && all.every((table) => publication.tables.includes(table.name));
  if (isComplete) return [];
  const list = all.map((table) => quoteTable(table.name)).join(', ');
  const byHand = `have somebody who may: CREATE PUBLICATION ${quoteIdentifier(name)} FOR TABLE ${list};`;
  const findings: Finding[] = [];
  if (publication === undefined && !role.mayCreateInDatabase) {
    findings.push({
      id: 'privilege-publication',
      severity: 'error',
      subject: `role ${role.name}`,
      problem: `may not make a publication in ${role.database}`,
      remedy: `GRANT CREATE ON DATABASE ${quoteIdentifier(role.database)} TO ${quoteIdentifier(role.name)}; or ${byHand}`,
    });
  }
  // What its owner has published already needs nobody's right any more.
  const foreign = all.filter(({ name: table, isMine }) => !isMine && !publication?.tables.includes(table));
  for (const { name: table, owner } of foreign) {
    findings.push({
      id: 'privilege-publication',
      severity: 'error',
      subject: table,
      problem: `belongs to ${owner}, and only an owner may publish a table`,
      remedy: `GRANT ${quoteIdentifier(owner)} TO ${quoteIdentifier(role.name)}; or ${byHand}`,
    });
  }
  return findings;
}
