import type { Knex } from 'knex';
import type { Mirror } from '../../config/read-model-definition.ts';
import { mirrorTableName, qualifiedSource } from '../../store/read-model-names.ts';

/** The mirror of a read model, as its `dirty` and `build` query it in a transaction. */
export function mirrorIn(tx: Knex.Transaction, schema: string): Mirror {
  return (reference) => {
    const [table, alias] = reference.trim().split(/\s+as\s+/i);
    const name = mirrorTableName(qualifiedSource(table!));
    // knex puts the schema before joined tables, too, so a build may join by plain names.
    return tx
      .queryBuilder()
      .withSchema(schema)
      .from(alias ? `${name} as ${alias}` : name);
  };
}
