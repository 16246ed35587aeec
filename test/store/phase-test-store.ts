import type { Knex } from 'knex';
import { projections } from '../../migrations/0001-projections.ts';
import { cutover } from '../../migrations/0003-cutover.ts';
import { routing } from '../../migrations/0004-routing.ts';
import { servingVersions } from '../../migrations/0010-serving-versions.ts';
import { quarantine } from '../../migrations/0021-quarantine.ts';
import { transport } from '../../migrations/0022-transport.ts';
import { transportWork } from '../../migrations/0028-transport-work.ts';
import { migrateStore, openStore } from '../../src/store/control-store.ts';
import { createTestDatabase } from '../support/test-database.ts';

export interface PhaseTestStore extends AsyncDisposable {
  readonly url: string;
  readonly knex: Knex;
}

/** A fresh control store that holds the tables of phases, versions and audit. */
export async function createPhaseTestStore(): Promise<PhaseTestStore> {
  const database = await createTestDatabase();
  const knex = openStore(database.url, { applicationName: 'fig phase test' });
  await migrateStore(knex, [projections, cutover, routing, servingVersions, quarantine, transport, transportWork]);
  return {
    url: database.url,
    knex,
    [Symbol.asyncDispose]: async () => {
      await knex.destroy();
      await database[Symbol.asyncDispose]();
    },
  };
}
