import type { Knex } from 'knex';
import type { ReadModelNames } from '../../store/read-model-names.ts';

/** Takes a version's tables and mirrors away, if there are any, and makes room for new ones. */
export async function remakeSchemas(tx: Knex.Transaction, names: ReadModelNames): Promise<void> {
  for (const schema of [names.schema, names.mirror]) {
    await tx.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [schema]);
    await tx.raw('CREATE SCHEMA ??', [schema]);
  }
}
