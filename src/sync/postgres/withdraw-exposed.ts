import type { Client } from 'pg';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Finding } from './preflight/finding.ts';
import { quoteIdentifier, quoteTable } from './preflight/quote-identifier.ts';
import { readPublicationFacts } from './preflight/publication-facts.ts';

/**
 * Takes tables that have lost their replica identity out of our publication: as long as they are in it, the legacy app's
 * own updates and deletes of them fail. Read models of such a table are built again once it is mended. Returns the tables.
 */
export async function withdrawExposed(
  client: Client,
  publication: string,
  findings: readonly Finding[],
  log: Log,
): Promise<readonly string[]> {
  const exposed = findings.filter(({ id }) => id === 'replica-identity').map(({ subject }) => subject);
  if (exposed.length === 0) return [];
  const published = (await readPublicationFacts(client, publication))?.tables ?? [];
  const endangered = exposed.filter((name) => published.includes(name));
  for (const table of endangered) {
    const statement = `ALTER PUBLICATION ${quoteIdentifier(publication)} DROP TABLE ${quoteTable(table)}`;
    try {
      await client.query(statement);
      log.error({ table }, 'the table lost its replica identity, so its updates failed; it is not captured any more');
    } catch (error) {
      const remedy = `${statement};`;
      log.error(
        { table, remedy, error: describeError(error) },
        'updates of the table fail: it has no replica identity',
      );
    }
  }
  return endangered;
}
