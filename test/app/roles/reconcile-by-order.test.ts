import { once } from 'node:events';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaptureView } from '../../../src/app/following/capture-view.ts';
import { reconcileElsewhere, startReconcileService } from '../../../src/app/roles/reconcile-by-order.ts';
import { FigError } from '../../../src/kernel/fig-error.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { Service } from '../../../src/kernel/service.ts';
import { openStore } from '../../../src/store/control-store.ts';
import type { Reconciliation } from '../../../src/store/reconciliation-store.ts';
import { createStoreDatabase, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

type Reconcile = CaptureView['reconcile'];

let database: TestDatabase;
let store: Knex;

beforeAll(async () => {
  database = await createStoreDatabase();
  store = openStore(database.url, { applicationName: 'test' });
});
afterAll(async () => {
  await store.destroy();
  await database[Symbol.asyncDispose]();
});

/** A process that captures, as far as comparisons go. */
function serve(reconcile: Reconcile, held: readonly string[] = ['orders_v1']): Service {
  const capture = { readModels: ['orders_v1', 'customers_v1'], reconcile } as unknown as CaptureView;
  const process = '00000000-0000-4000-8000-000000000001';
  const isHolder = (name: string): boolean => held.includes(name);
  return startReconcileService({ store, process, capture, isHolder, log: silentLog });
}

const result: Reconciliation = {
  state: 'clean',
  repair: true,
  whole: true,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  position: '0/1',
  parts: [],
  samples: [],
  error: undefined,
};

test('an order is carried out with what was asked for, its progress told, and nothing of it left behind', async () => {
  const asked: unknown[] = [];
  const finished = new AbortController();
  const service = serve(async (name, { repair, source, maxLoad, onProgress }) => {
    asked.push([name, repair, source, maxLoad]);
    onProgress({ part: 'public.orders', done: 5, total: 10 });
    await once(finished.signal, 'abort');
    return result;
  });
  const told: unknown[] = [];
  const order = { repair: true, source: 'public.orders', maxLoad: 0.2, signal: new AbortController().signal };
  const outcome = reconcileElsewhere(store)('orders_v1', { ...order, onProgress: (each) => void told.push(each) });
  await until('progress is told', () => told.length > 0);
  finished.abort();
  expect(await outcome).toMatchObject({ state: 'clean', position: '0/1' });
  expect(asked).toEqual([['orders_v1', true, 'public.orders', 0.2]]);
  expect(told).toEqual([{ part: 'public.orders', done: 5, total: 10 }]);
  expect(await store('fig.reconcile_order').select()).toEqual([]);
  await service.stop();
});

test('of processes that share the read models, the one that keeps it compares it', async () => {
  const compared: string[] = [];
  const comparing = (by: string): Reconcile => {
    return (name) => {
      compared.push(`${by} ${name}`);
      return Promise.resolve(result);
    };
  };
  const services = [serve(comparing('first'), ['orders_v1']), serve(comparing('second'), ['customers_v1'])];
  const order = { repair: false, maxLoad: 1, onProgress: () => undefined, signal: new AbortController().signal };
  await reconcileElsewhere(store)('customers_v1', order);
  await reconcileElsewhere(store)('orders_v1', order);
  expect(compared).toEqual(['second customers_v1', 'first orders_v1']);
  await Promise.all(services.map((service) => service.stop()));
});

test('what went wrong elsewhere is told here, with its code', async () => {
  const service = serve(() => Promise.reject(new FigError('FIG_RECONCILE_REFUSED', 'it is being copied')));
  const order = { repair: false, maxLoad: 1, onProgress: () => undefined, signal: new AbortController().signal };
  await expect(reconcileElsewhere(store)('orders_v1', order)).rejects.toMatchObject({
    code: 'FIG_RECONCILE_REFUSED',
    message: 'it is being copied',
  });
  await service.stop();
});

test('an order whose author gives up is ended', async () => {
  let ended = false;
  const service = serve(async (_name, { signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    ended = true;
    throw new Error('it was ended');
  });
  const author = new AbortController();
  const order = { repair: false, maxLoad: 1, onProgress: () => undefined, signal: author.signal };
  const outcome = reconcileElsewhere(store)('orders_v1', order);
  await until('it is taken up', async () => (await store('fig.reconcile_order').whereNotNull('taken_by')).length > 0);
  author.abort();
  await expect(outcome).rejects.toMatchObject({ code: 'FIG_RECONCILE_FAILED' });
  await until('it is ended', () => ended);
  await service.stop();
});
