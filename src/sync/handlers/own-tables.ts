import type { Knex } from 'knex';
import type { EventReadModelDefinition } from '../../config/event-read-model.ts';

type DeclaredTables = Pick<EventReadModelDefinition, 'name' | 'table' | 'tables'>;

/** The tables that handlers of a read model write. */
export class OwnTables {
  readonly #schema: string;
  readonly #tables: ReadonlyMap<string, (table: Knex.CreateTableBuilder) => void>;

  constructor(schema: string, { name, table, tables = {} }: DeclaredTables) {
    this.#schema = schema;
    this.#tables = new Map([[name, table], ...Object.entries(tables)]);
  }

  async create(tx: Knex.Transaction): Promise<void> {
    for (const [name, declare] of this.#tables) {
      await tx.schema.withSchema(this.#schema).createTable(name, (table) => declare(table));
    }
  }

  async empty(tx: Knex.Transaction): Promise<void> {
    // All at once, since they may refer to each other.
    await tx.raw(`TRUNCATE ${this.#quoted().join(', ')} RESTART IDENTITY`);
  }

  async analyze(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`ANALYZE ${this.#quoted().join(', ')}`);
  }

  #quoted(): string[] {
    return [...this.#tables.keys()].map((name) => `"${this.#schema}"."${name}"`);
  }
}
