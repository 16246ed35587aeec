import type { Knex } from 'knex';
import type { CapturedReadModel } from '../../../../src/config/read-model-kinds.ts';
import { defineReadModel } from '../../../../src/config/read-model-definition.ts';

/** Tallies whose updates legacy counts itself, in a column, and the read model by handling each of them. */
export const talliesSchema = `CREATE TABLE tallies (id bigint PRIMARY KEY, updates bigint NOT NULL DEFAULT 0, filling text);
  INSERT INTO tallies (id) SELECT generate_series(1, 20)`;

/** A change that is lost, or that takes effect twice, leaves another count than legacy's. */
export const counted = countedAs('counted');

export function countedAs(name: string): CapturedReadModel {
  return defineReadModel({
    name,
    version: 1,
    key: 'id',
    table: (t) => {
      t.bigInteger('id').primary();
      t.bigInteger('updates').notNullable();
      t.boolean('in_order').notNullable();
    },
    sources: { tallies: { key: 'id', keyOf: (row) => String(row['id']) } },
    on: {
      tallies: async ({ kind, after }, tx) => {
        if (!after) return;
        const { id, updates } = after;
        if (kind === 'update') {
          // Each update of legacy adds one, so the new count must be the next after ours.
          const counts = {
            updates: tx.raw('updates + 1'),
            in_order: tx.raw('in_order AND updates + 1 = ?::bigint', [String(updates)]),
          };
          await tx(name).where({ id }).update(counts);
        } else {
          await tx(name).insert({ id, updates, in_order: true }).onConflict('id').merge();
        }
      },
    },
  });
}

export async function countedByLegacy(legacy: Knex): Promise<readonly unknown[]> {
  const { rows } = await legacy.raw(
    'SELECT id::text, updates::text, true AS in_order FROM tallies ORDER BY tallies.id',
  );
  return rows;
}

export async function countedByHandler(target: Knex, name = 'counted'): Promise<readonly unknown[]> {
  const { rows } = await target.raw(
    `SELECT id::text, updates::text, in_order FROM rm_${name}_v1.${name} AS c ORDER BY c.id`,
  );
  return rows;
}
