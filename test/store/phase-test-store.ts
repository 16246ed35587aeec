import type { Knex } from 'knex';
import { openStore } from '../../src/store/control-store.ts';
import { createStoreDatabase } from '../support/test-database.ts';

export interface PhaseTestStore extends AsyncDisposable {
  readonly url: string;
  readonly knex: Knex;
}

/** A fresh control store. */
export async function createPhaseTestStore(): Promise<PhaseTestStore> {
  const database = await createStoreDatabase();
  const knex = openStore(database.url, { applicationName: 'fig phase test' });
  return {
    url: database.url,
    knex,
    [Symbol.asyncDispose]: async () => {
      await knex.destroy();
      await database[Symbol.asyncDispose]();
    },
  };
}
