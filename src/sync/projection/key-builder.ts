import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import { mirrorIn } from '../mirror/mirror-in.ts';
import type { ReadModelTable } from './read-model-table.ts';
import { asQuery, RebuildInside } from './rebuild-inside.ts';

/** Gives the rows of a read model's keys and puts them into its table. */
export class KeyBuilder {
  readonly #definition: ReadModelDefinition;
  readonly #mirror: string;
  readonly #table: ReadModelTable;
  readonly #inside: RebuildInside;

  /** `mirror`: the schema of the mirrored tables. */
  constructor(definition: ReadModelDefinition, mirror: string, table: ReadModelTable) {
    this.#definition = definition;
    this.#mirror = mirror;
    this.#table = table;
    this.#inside = new RebuildInside(table);
  }

  /** What `build` gives for keys in a transaction's snapshot. */
  rowsIn(tx: Knex.Transaction, keys: readonly string[]): PromiseLike<readonly Readonly<Record<string, unknown>>[]> {
    return this.#definition.build(keys, mirrorIn(tx, this.#mirror), tx);
  }

  /** Puts what `build` gives now in place of the rows of these keys; inside the database where that can be done. */
  async rebuild(tx: Knex.Transaction, keys: readonly string[]): Promise<void> {
    const built = this.rowsIn(tx, keys);
    const query = asQuery(built, tx);
    if (query && (await this.#inside.rebuild(tx, keys, query))) return;
    await this.#table.rebuild(tx, keys, await built);
  }
}
