import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../shadow/exchange-comparer.ts';
import { createSharedPositions, SharedPositionReader } from '../../shadow/shared-position.ts';
import { cutoverPorts } from '../../src/app/deciding/cutover-ports.ts';
import { Reconciliations } from '../../src/app/reconciling/reconciliations.ts';
import { reportFeature } from '../../src/app/reports/report-feature.ts';
import { SimpleReadModels } from '../../src/app/following/simple-read-models.ts';
import { versionsOf } from '../../src/config/feature-versions.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import type { CompareRules } from '../../src/config/compare-rules.ts';
import { CutoverController } from '../../src/cutover/controller.ts';
import type { GateReading } from '../../src/cutover/ports.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { openStore } from '../../src/store/control-store.ts';
import { createPhaseStore } from '../../src/store/phase-store.ts';
import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import { exchangeOf, jsonBody } from '../shadow/exchanges.ts';
import { startTestLegacy } from '../shadow/test-legacy.ts';
import { createStoreDatabase } from '../support/test-database.ts';

const route = 'GET /orders/:id';
const answers = 60;
const headers = ['content-type', 'application/json'];

interface World extends AsyncDisposable {
  /** Compares so many answers, in which the candidate's `etag` is another one, and `n` is. */
  compare(): Promise<void>;
  read(): Promise<GateReading>;
  report(): Promise<FeatureReport>;
  /** Goes on to canary, and looks at the gate there as fig does by itself. */
  turnInCanary(): Promise<string>;
}

/** A legacy on a real socket, a candidate, the shadow's comparer, the control store and the gate: all but the processes. */
async function openWorld(compare: CompareRules): Promise<World> {
  const database = await createStoreDatabase();
  const knex = openStore(database.url, { applicationName: 'fig rules test' });
  const legacy = await startTestLegacy((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(jsonBody({ path: request.url, etag: 'legacy', n: 1 }));
  });
  const asker = new LegacyAsker({ url: legacy.url });
  const config = normalizeConfig(
    {
      legacy: { url: legacy.url.href },
      features: [
        {
          name: 'orders',
          candidate: 'http://127.0.0.1:2',
          routes: [route],
          compare,
          cutover: { maxMismatchRate: 0.1, reads: { canary: [5], automatic: false } },
        },
      ],
    },
    'fig.config.ts',
  );
  const feature = versionsOf(config.features[0]!)[0]!;
  const positions = createSharedPositions(['orders']);
  positions.publish('orders', 1n);
  const items: EvidenceItem[] = [];
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => ({
        ask: async ({ target }) => ({
          ok: true,
          answer: { status: 200, headers, body: jsonBody({ path: target, etag: 'candidate', n: 1.001 }) },
          tookMs: 1,
        }),
      }),
      features: [{ ...feature, key: 'orders' }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy: asker,
    applied: () => new SharedPositionReader(positions.buffer, 0),
    redactionKey: Buffer.from('key'),
    record: (item) => items.push(item),
    settings: defaultShadowSettings,
    log: silentLog,
  });
  const phases = createPhaseStore(knex);
  const ports = cutoverPorts({
    store: knex,
    phases,
    versionOf: () => feature,
    capture: undefined,
    reconciliations: new Reconciliations(knex, undefined),
    simple: new SimpleReadModels({
      config,
      storeUrl: database.url,
      capture: undefined,
      onProgress: () => undefined,
      onPosition: () => undefined,
      log: silentLog,
    }),
  });
  const controller = new CutoverController({ features: [feature], ports, log: silentLog });
  await controller.promote('orders', { who: 'test' });
  return {
    compare: async () => {
      for (let i = 0; i < answers; i += 1) {
        const body = jsonBody({ path: `/orders/${i}`, etag: 'legacy', n: 1 });
        await comparer.compare(exchangeOf(`/orders/${i}`, { route, answer: { status: 200, headers, body } }));
      }
      await new EvidenceStore(knex).append(items.splice(0));
    },
    read: () => controller.read('orders'),
    report: async () => reportFeature(knex, feature, await controller.read('orders')),
    turnInCanary: async () => {
      await controller.promote('orders', { who: 'test', why: 'to see what happens there', force: true });
      await controller.turn();
      const { reads } = await phases.ensureFeature('orders');
      return reads.phase;
    },
    [Symbol.asyncDispose]: async () => {
      await asker[Symbol.asyncDispose]();
      await legacy[Symbol.asyncDispose]();
      await knex.destroy();
      await database[Symbol.asyncDispose]();
    },
  };
}

const tolerance = { '$.n': 0.01 };

test('what rules hide is counted on its way from the comparison to the report, and holds nothing up by itself', async () => {
  await using world = await openWorld({ ignore: [{ path: '$.etag', because: 'random' }], tolerance });
  await world.compare();
  const { decision } = await world.read();
  expect(decision).toMatchObject({ result: 'PASS' });
  const { rules } = await world.report();
  expect(rules[0]).toMatchObject({ rule: 'ignore', where: '$.etag', because: 'random' });
  for (const { hidden } of rules.slice(0, 2)) {
    expect(hidden).toEqual({ answers, compared: answers, unknown: 0, share: 1, lastSeen: expect.any(String) });
  }
});

test('a rule that has expired goes on to hold, fails the gate by its name, and takes nobody back', async () => {
  await using world = await openWorld({
    routes: { [route]: { ignore: [{ path: '$.etag', expires: '2025-12-31' }], tolerance } },
  });
  await world.compare();
  const { decision, evidence } = await world.read();
  expect(evidence!.verdicts).toMatchObject({ match: answers, mismatch: 0 });
  const reason = `the ignore rule $.etag of ${route} expired on 2025-12-31`;
  expect(decision).toMatchObject({ result: 'FAIL', reason, blockers: [reason] });
  expect((await world.report()).rules[0]).toMatchObject({ where: '$.etag', expires: '2025-12-31', isExpired: true });
  expect(await world.turnInCanary()).toBe('canary');
});

test('a rule that hides more than its cap fails the gate by its name', async () => {
  await using world = await openWorld({ ignore: ['$.etag'], tolerance: { '$.n': { absolute: 0.01, maxHidden: 0.2 } } });
  await world.compare();
  const { decision } = await world.read();
  const reason = `the tolerance rule $.n hid a difference in 60 of 60 answers of ${route} (limit 20 %)`;
  expect(decision).toMatchObject({ result: 'FAIL', reason });
});
