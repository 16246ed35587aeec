import type { Knex } from 'knex';
import type { Client } from 'pg';
import { SourceShapeStore } from '../../store/source-shape-store.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import type { SourceDemand } from '../postgres/preflight/finding.ts';
import { readPublicationFacts } from '../postgres/preflight/publication-facts.ts';

export interface UnpublishedOptions {
  readonly demands: readonly SourceDemand[];
  readonly target: Knex;
  readonly leave: (source: string) => void;
}

/**
 * Changes of a table that is not in the publication, or not with all rows and operations, are lost. To be called before
 * preflight refuses or the publication is mended: afterwards nothing tells of it.
 */
export async function suspectUnpublished(
  client: Client,
  publication: string,
  tables: ReadonlyMap<string, SourceTable>,
  { demands, target, leave }: UnpublishedOptions,
): Promise<void> {
  const facts = await readPublicationFacts(client, publication);
  const whole = facts?.isWhole ? facts.tables.filter((table) => !facts.filtered.includes(table)) : [];
  const store = new SourceShapeStore();
  for (const { table } of demands) {
    if (whole.includes(table) && tables.has(table)) continue;
    await store.suspect(target, table, 'unpublished');
    leave(table);
  }
}
