import knexModule, { type Knex } from 'knex';
import { type Client, types } from 'pg';
import { quietLog } from '../store/quiet-pool.ts';
import { noticesCuts } from './postgres/legacy-connection.ts';
import { sessionOptions } from './postgres/session-settings.ts';
import { TargetWatch } from './target-watch.ts';

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

/** How long one thing in the target may keep others waiting. */
export interface TargetTimes {
  /** A lock that is not given by then fails the statement. There is none for statements: one may copy or build very much. */
  readonly lockMs: number;
  /** A transaction in which nothing happens for so long is ended by the server: whoever began it stands still. 0: never. */
  readonly idleMs: number;
  /** How often to look for connections that wait in silence. */
  readonly lookEveryMs: number;
}

export interface TargetOptions extends TargetTimes {
  /** What the server sees its connections as. */
  readonly name: string;
}

const targetTimes: TargetTimes = { lockMs: 10_000, idleMs: 60_000, lookEveryMs: 10_000 };
const watches = new WeakMap<Knex, TargetWatch>();

/** A pool on the target database for projections. */
export function openTarget(url: string, max = 4, options: Partial<TargetOptions> = {}): Knex {
  const { lockMs, idleMs, lookEveryMs, name = 'fig projection' } = { ...targetTimes, ...options };
  const limits = { lock_timeout: `${lockMs}ms`, idle_in_transaction_session_timeout: `${idleMs}ms` };
  const watch = new TargetWatch(url, lookEveryMs);
  const db = knexModule({
    client: 'pg',
    connection: {
      ...noticesCuts,
      connectionString: url,
      application_name: name,
      options: sessionOptions(limits),
      types: exactTypes,
    } as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max,
      afterCreate: (client: Client, done: (error: unknown, client: Client) => void) => {
        watch.add(client);
        done(undefined, client);
      },
    },
    acquireConnectionTimeout: 15_000,
    log: quietLog,
  });
  watches.set(db, watch);
  return db;
}

/** Fails whatever is running on the pool. It may go on being used. */
export function cutTarget(db: Knex): void {
  watches.get(db)?.cut();
}

/** Of the connections of one process, so that another one that takes its work over can end them. */
export function targetNameOf(process: string): string {
  return `fig projection ${process}`;
}
