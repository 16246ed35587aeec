import knexModule, { type Knex } from 'knex';
import { types } from 'pg';
import { quietLog } from '../store/quiet-pool.ts';
import { sessionOptions } from './postgres/session-settings.ts';

const { INT2, INT4, BOOL } = types.builtins;
const parsers = new Map<number, (value: string) => unknown>([
  [INT2, Number],
  [INT4, Number],
  [BOOL, (value) => value === 't'],
]);

/**
 * What `dirty` and `build` read: int2 and int4 as numbers, booleans as booleans, everything else as PostgreSQL prints
 * it. The default parsers lose digits of json numbers and microseconds of timestamps, which would then be stored.
 */
const exactTypes = { getTypeParser: (oid: number) => parsers.get(oid) ?? ((value: string) => value) };

/** Read models that are written at once. More of them wait for each other on one server anyway. */
export const mostAtOnce = 8;

/** Connections that so many read models can make use of: one each while changes are applied, and some for all that is done beside. */
export function targetConnections(readModels: number): number {
  return 3 + Math.max(1, Math.min(mostAtOnce, readModels));
}

/** A pool on the target database for projections. */
export function openTarget(url: string, max = 4): Knex {
  return knexModule({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: 'fig projection',
      options: sessionOptions(),
      types: exactTypes,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max },
    acquireConnectionTimeout: 15_000,
    log: quietLog,
  });
}
