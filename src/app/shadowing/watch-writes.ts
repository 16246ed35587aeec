import { Pool } from 'pg';
import type { SeenRequest } from '../../../proxy/seen-request.ts';
import { WriteWatch, type AloneRequest, type FoundWriter } from '../../../shadow/write-watch.ts';
import type { ExchangeSink } from '../../kernel/exchange.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { sleep, startLoop, type Service } from '../../kernel/service.ts';
import { openStore } from '../../store/control-store.ts';
import { quarantineRoute } from '../../store/quarantine-store.ts';
import type { RequestListener } from '../serving/late-parts.ts';

/** Milliseconds of quiet before anybody looks, and between two looks then. Not constant: tests of a whole fig have less time. */
export const writeWatchTimes = { quietMs: 300, lookEveryMs: 150 };
/** Without a read that could be compared for so long, nobody looks. */
const IDLE_AFTER_MS = 60_000;
const QUERY_BUDGET_MS = 2_000;

/**
 * The number after that of the last transaction that wrote and has finished: a read takes none, and neither pruning nor hint
 * bits do, so it stands still while nobody writes. It is told at once, for all tables of all databases of the server.
 */
const writtenSql = `SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS written`;

/** Tables of this database that somebody has locked to change rows, until the end of their transaction. */
const lockedSql = `
  SELECT DISTINCT n.nspname || '.' || c.relname AS name
  FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted AND c.relkind IN ('r', 'p')
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

export interface WriteWatching extends Service, RequestListener {
  /** The same sink, which tells what a request is asked about. */
  over(sink: ExchangeSink): ExchangeSink;
}

export interface WatchWritesOptions {
  /** Of the legacy database. */
  readonly url: string;
  readonly storeUrl: string;
  readonly harmless: (feature: string) => readonly string[];
  readonly log: Log;
  readonly times?: Readonly<typeof writeWatchTimes> | undefined;
}

/** Finds routes whose reads write to legacy, and puts them into quarantine. Nothing waits for it. */
export function watchWrites({
  url,
  storeUrl,
  harmless,
  log,
  times: { quietMs, lookEveryMs } = writeWatchTimes,
}: WatchWritesOptions): WriteWatching {
  const pool = new Pool({
    connectionString: url,
    max: 2,
    application_name: 'fig write watch',
    query_timeout: QUERY_BUDGET_MS,
    connectionTimeoutMillis: QUERY_BUDGET_MS,
  });
  pool.on('error', (error) => log.debug({ error: describeError(error) }, 'the connection of the write watch broke'));
  const found: FoundWriter[] = [];
  const watch = new WriteWatch({
    harmless,
    quietMs,
    onWriter: (writer) => void found.push(writer),
    onUnnamed: ({ feature, route, pairs }) =>
      log.warn({ feature, route, pairs }, 'reads of a route seem to write to legacy, it is not known to which table'),
  });
  let lastRead = Number.NEGATIVE_INFINITY;

  const look = async (): Promise<bigint> => {
    const { rows } = await pool.query<{ written: string }>(writtenSql);
    return BigInt(rows[0]!.written);
  };
  const locked = async (): Promise<string[]> => {
    const { rows } = await pool.query<{ name: string }>(lockedSql);
    return rows.map(({ name }) => name);
  };
  const close = async (alone: AloneRequest): Promise<void> => {
    const written = await look().catch(() => undefined);
    watch.closed(alone, written, performance.now());
  };
  const sight = async (alone: AloneRequest): Promise<void> => {
    try {
      while (watch.isUnderWay(alone)) watch.sighted(alone, await locked());
    } catch (error) {
      log.debug({ error: describeError(error) }, 'the write watch cannot look at the locks of legacy');
    }
  };
  const looking = startLoop({
    name: 'write watch',
    turn: async () => {
      const askedAt = performance.now();
      if (askedAt - lastRead > IDLE_AFTER_MS || !watch.isQuiet(askedAt)) return lookEveryMs;
      watch.looked(await look(), askedAt, performance.now());
      if (watch.isNaming) watch.sightedInQuiet(await locked(), askedAt);
      return lookEveryMs;
    },
    onError: (error) => log.debug({ error: describeError(error) }, 'the write watch cannot look at legacy'),
  });
  const keeping = startLoop({
    name: 'quarantine',
    turn: async (signal) => {
      const [next] = found;
      if (next !== undefined) {
        await keep(storeUrl, next, log);
        found.shift();
      }
      await sleep(lookEveryMs, signal);
      return 0;
    },
    onError: (error) => log.warn({ error: describeError(error) }, 'a quarantine could not be written; tried again'),
  });

  return {
    name: 'write watch',
    began: () => watch.began(),
    ended: ({ servedBy }: SeenRequest) => {
      const alone = watch.ended(servedBy === 'legacy', performance.now());
      if (alone) void close(alone);
    },
    over: (sink) => ({
      wants: (feature, route, asker) => {
        lastRead = performance.now();
        const alone = watch.matched(feature, route);
        if (alone) void sight(alone);
        return sink.wants(feature, route, asker);
      },
      offer: (exchange) => sink.offer(exchange),
      dropped: (feature, route, reason) => sink.dropped(feature, route, reason),
    }),
    stop: async () => {
      await Promise.all([looking.stop(), keeping.stop()]);
      await pool.end();
    },
  };
}

async function keep(storeUrl: string, writer: FoundWriter, log: Log): Promise<void> {
  const store = openStore(storeUrl, { applicationName: 'fig quarantine', max: 1 });
  try {
    if (!(await quarantineRoute(store, writer, 'fig'))) return;
    const { feature, route, tables, pairs } = writer;
    log.warn({ feature, route, tables, pairs }, 'reads of a route write to legacy, so they are not compared any more');
  } finally {
    await store.destroy();
  }
}
