import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/control-store.ts';
import { watchWrites } from '../../../src/app/shadowing/watch-writes.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { ExchangeSink } from '../../../src/kernel/exchange.ts';
import { listQuarantined } from '../../../src/store/quarantine-store.ts';
import { routingOf, startTestProxy, startUpstream } from '../../proxy/support/harness.ts';
import { createStoreDatabase, createTestDatabase } from '../../support/test-database.ts';

const sink: ExchangeSink = { wants: () => false, offer: () => undefined, dropped: () => undefined };
const routes = ['GET /counted/:id', 'GET /plain/:id'].map((route) => ({
  route,
  method: 'GET',
  path: route.slice(4),
}));

/** A legacy app whose GET counts views, and one whose GET does not, on a database that a job writes to all the time. */
async function world(harmless: readonly string[] = []) {
  const database = await createTestDatabase();
  const storeDatabase = await createStoreDatabase();
  const pool = new Pool({ connectionString: database.url, max: 4 });
  await pool.query('CREATE TABLE view_log (id int PRIMARY KEY, views int NOT NULL); CREATE TABLE jobs (n int)');
  await pool.query('INSERT INTO view_log SELECT id, 0 FROM generate_series(1, 9) id; INSERT INTO jobs VALUES (0)');
  const legacy = await startUpstream((req, res) => {
    const [, kind, id] = req.url!.split('/');
    const sql =
      kind === 'counted'
        ? 'UPDATE view_log SET views = views + 1 WHERE id = $1 RETURNING id'
        : 'SELECT id FROM view_log WHERE id = $1';
    pool.query(sql, [id]).then(
      ({ rows }) => res.end(JSON.stringify(rows)),
      () => res.writeHead(500).end(),
    );
  });
  const store = openStore(storeDatabase.url, { applicationName: 'test' });
  const watching = watchWrites({
    url: database.url,
    storeUrl: storeDatabase.url,
    harmless: () => harmless,
    log: silentLog,
    times: { quietMs: 20, lookEveryMs: 5 },
  });
  const proxy = await startTestProxy(legacy.url, {
    features: [{ name: 'orders', routes, candidateTimeoutMs: 1_000 }],
    routing: () => routingOf('shadow'),
    sink: watching.over(sink),
    began: () => watching.began(),
    observe: (seen) => watching.ended(seen),
  });
  const job = new AbortController();
  const working = (async () => {
    while (!job.signal.aborted) {
      await pool.query('UPDATE jobs SET n = n + 1');
      await sleep(Math.random() * 200, undefined, { signal: job.signal }).catch(() => undefined);
    }
  })();
  return {
    store,
    get: async (path: string): Promise<void> => {
      await (await fetch(`${proxy.url}${path}`)).text();
      await sleep(60 + Math.random() * 40);
    },
    [Symbol.asyncDispose]: async () => {
      job.abort();
      await working;
      await proxy[Symbol.asyncDispose]();
      await watching.stop();
      await legacy[Symbol.asyncDispose]();
      await store.destroy();
      await pool.end();
      await database[Symbol.asyncDispose]();
      await storeDatabase[Symbol.asyncDispose]();
    },
  };
}

test('a GET that writes is found beside a job that writes as well, and one that does not is not', async () => {
  await using shop = await world();
  let found = await listQuarantined(shop.store);
  for (let n = 0; found.length === 0; n += 1) {
    await shop.get(`/counted/${(n % 9) + 1}`);
    await shop.get(`/plain/${(n % 9) + 1}`);
    found = await listQuarantined(shop.store);
  }
  for (let n = 0; n < 100; n += 1) await shop.get('/plain/1');
  found = await listQuarantined(shop.store);
  expect(found).toMatchObject([{ feature: 'orders', route: 'GET /counted/:id', tables: ['public.view_log'] }]);
  const { rows } = await shop.store.raw('SELECT action, who, why FROM fig.audit');
  expect(rows).toEqual([
    { action: 'quarantine', who: 'fig', why: 'GET /counted/:id writes to legacy: public.view_log' },
  ]);
}, 120_000);
