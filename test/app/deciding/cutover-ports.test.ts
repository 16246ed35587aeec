import { expect, test } from 'vitest';
import { cutoverPorts, waitingPorts } from '../../../src/app/deciding/cutover-ports.ts';
import { Reconciliations } from '../../../src/app/reconciling/reconciliations.ts';
import { SimpleReadModels } from '../../../src/app/following/simple-read-models.ts';
import { versionsOf } from '../../../src/config/feature-versions.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { recordOpening } from '../../../src/store/breaker-store.ts';
import { createPhaseStore } from '../../../src/store/phase-store.ts';
import { createPhaseTestStore } from '../../store/phase-test-store.ts';
import { asVersion } from '../support/version-world.ts';

const config = normalizeConfig(
  {
    legacy: { url: 'http://127.0.0.1:1' },
    features: [{ name: 'orders', readModel: asVersion(2), queries: { 'GET /orders': (): object => ({}) } }],
  },
  'fig.config.ts',
);
const minute = 60_000;

test('of the breaker counts what befell the version that serves, in this step', async () => {
  await using store = await createPhaseTestStore();
  const { knex } = store;
  const parts = {
    store: knex,
    phases: createPhaseStore(knex),
    versionOf: () => versionsOf(config.features[0]!)[0]!,
    capture: undefined,
    reconciliations: new Reconciliations(knex, undefined),
    simple: new SimpleReadModels({
      config,
      storeUrl: store.url,
      capture: undefined,
      onProgress: () => undefined,
      onPosition: () => undefined,
      log: silentLog,
    }),
  };
  const now = Date.now();
  const ago = (minutes: number): Date => new Date(now - minutes * minute);
  for (const minutes of [50, 30, 10]) {
    const opening = { proxy: 'p', cause: 'consecutive', failures: 5, total: 5, feature: 'orders' };
    await recordOpening(knex, { ...opening, at: now - minutes * minute });
  }
  const ports = cutoverPorts(parts);
  const openingsSince = async (minutes: number): Promise<number> =>
    (await ports.breakerOf('orders', ago(minutes))).openings;

  expect(await openingsSince(60)).toBe(3);
  await knex('fig.serving_version').insert({ feature: 'orders', version: 2, who: 'ada', at: ago(40) });
  // What it was before the swap was another version, and before the step another stay.
  expect(await openingsSince(60)).toBe(2);
  expect(await openingsSince(20)).toBe(1);
  // No user has met the one that waits.
  expect(await waitingPorts(ports, parts).breakerOf('orders', ago(60))).toMatchObject({ openings: 0 });
});
