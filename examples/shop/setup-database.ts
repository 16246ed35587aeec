/** Creates the shop's tables and fills them. For containers; `npm start` does it itself. */
import knexModule from 'knex';
import { createSchema } from './legacy/schema.ts';
import { seedShop } from './legacy/seed.ts';

const url = process.env['LEGACY_DATABASE_URL'];
if (!url) {
  console.error('LEGACY_DATABASE_URL must name the shop’s database');
  process.exit(2);
}
const knex = knexModule({ client: 'pg', connection: url });
await createSchema(knex);
await seedShop(knex);
await knex.destroy();
