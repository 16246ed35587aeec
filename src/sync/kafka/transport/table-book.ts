import type { Change } from '../../change.ts';
import type { Relation } from '../../postgres/pgoutput-messages.ts';

interface Described {
  readonly changes: readonly Change[];
  readonly relations: readonly Relation[];
}

/**
 * Tables as the server last described them. It does so once in a session, at the first change of each; whoever begins to
 * read the topic in the middle has to be told as well, so every event says it of the tables that it changes.
 */
export class TableBook {
  readonly #known = new Map<string, Relation>();

  /** The event with all that its changes need. */
  complete<Event extends Described>(event: Event): Event {
    const relations = [...this.#needed(event), ...event.relations];
    for (const relation of event.relations) this.#known.set(`${relation.schema}.${relation.table}`, relation);
    return relations.length === event.relations.length ? event : { ...event, relations };
  }

  #needed({ changes, relations }: Described): readonly Relation[] {
    const said = new Set(relations.map(({ schema, table }) => `${schema}.${table}`));
    const needed: Relation[] = [];
    for (const change of changes) {
      for (const table of change.kind === 'truncate' ? change.tables : [change.table]) {
        if (said.has(table)) continue;
        said.add(table);
        const relation = this.#known.get(table);
        if (relation) needed.push(relation);
      }
    }
    return needed;
  }
}
