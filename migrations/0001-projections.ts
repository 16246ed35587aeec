import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** The schema itself, settings that all processes share, and how far each projection is. */
export const projections: ControlStoreMigration = {
  name: '0001-projections',
  async up(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').createTable('setting', (table) => {
      table.text('name').primary();
      table.text('value').notNullable();
    });
    await knex.schema.withSchema('fig').createTable('projection', (table) => {
      table.text('name').primary().comment('read model and version, e.g. order_summary_v1');
      table.text('fingerprint').notNullable().comment('of the definition the tables were made by');
      table.text('state').notNullable().comment('copying, building or ready');
      table.decimal('position', 20, 0).notNullable().comment('log position that the rows stand at');
      table.jsonb('build_cursor').comment('where building goes on');
      table.bigInteger('built').notNullable().defaultTo(0);
      table.timestamp('updated_at').notNullable().defaultTo(knex.fn.now());
    });
    await knex.schema.withSchema('fig').createTable('backfill', (table) => {
      table.text('projection').notNullable().references('name').inTable('fig.projection').onDelete('CASCADE');
      table.text('source').notNullable().comment('schema.table in the legacy database');
      table.jsonb('cursor').comment('key of the last row that was copied');
      table.bigInteger('copied').notNullable().defaultTo(0);
      table.bigInteger('estimated').notNullable().defaultTo(0);
      table.boolean('done').notNullable().defaultTo(false);
      table.primary(['projection', 'source']);
    });
  },
  async down(knex: Knex): Promise<void> {
    for (const table of ['backfill', 'projection', 'setting']) await knex.schema.withSchema('fig').dropTable(table);
  },
};
