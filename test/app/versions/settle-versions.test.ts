import { expect, test } from 'vitest';
import { settleVersions } from '../../../src/app/versions/settle-versions.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import type { NormalizedFeature } from '../../../src/config/normalized-config.ts';
import { CutoverController } from '../../../src/cutover/controller.ts';
import type { CutoverPorts } from '../../../src/cutover/ports.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { ReadState } from '../../../src/kernel/phase.ts';
import { createPhaseStore } from '../../../src/store/phase-store.ts';
import { readServingFingerprint, readServingVersion } from '../../../src/store/serving-version-store.ts';
import { createPhaseTestStore, type PhaseTestStore } from '../../store/phase-test-store.ts';

function version(n: number, text = 'as it was') {
  const builds = { 'as it was': async () => [], changed: async () => [{}] };
  const build = builds[text as keyof typeof builds];
  return {
    name: 'summary',
    version: n,
    key: 'id',
    table: () => undefined,
    sources: { o: { key: 'id', dirty: () => [] } },
    build,
  };
}

function featureOf(more: object): NormalizedFeature {
  const feature = { name: 'orders', queries: { 'GET /orders': () => ({}) }, ...more };
  return normalizeConfig({ legacy: { url: 'http://127.0.0.1:1' }, features: [feature] }, 'fig.config.ts').features[0]!;
}

/** A start with these features. Returns which version serves then, and where reads are. */
async function start({ knex }: PhaseTestStore, more: object): Promise<{ version: number | undefined; phase: string }> {
  const feature = featureOf(more);
  const phases = createPhaseStore(knex);
  // A rollback asks for nothing but the phases, and forgets evidence.
  const ports = { phases, forgetEvidence: async () => undefined } as Partial<CutoverPorts> as CutoverPorts;
  const controller = new CutoverController({ features: [feature], ports, log: silentLog });
  await settleVersions([feature], { store: knex, phases, controller, log: silentLog });
  const serving = await readServingVersion(knex, 'orders');
  return { version: serving?.version, phase: (await phases.ensureFeature('orders')).reads.phase };
}

const goLive = (store: PhaseTestStore): Promise<void> => go(store, { phase: 'live', percent: 100 });

async function go({ knex }: PhaseTestStore, to: ReadState): Promise<void> {
  const phases = createPhaseStore(knex);
  const { revision } = await phases.ensureFeature('orders');
  await phases.move({
    feature: 'orders',
    expectedRevision: revision,
    to,
    action: 'force',
    who: 'ada',
    why: 'the test',
  });
}

/** What capture leaves in the store of the versions that it has kept. */
async function capture({ knex }: PhaseTestStore, ...projections: readonly string[]): Promise<void> {
  for (const name of projections) {
    await knex('fig.projection').insert({ name, fingerprint: 'f', state: 'ready', position: '100' });
  }
}

const both = { readModel: version(2), previous: { readModel: version(1) } };

test('a version that is declared as it was when it served goes on serving, in the phase it was in', async () => {
  await using store = await createPhaseTestStore();
  expect(await start(store, { readModel: version(1) })).toEqual({ version: 1, phase: 'legacy' });
  await goLive(store);
  expect(await start(store, both)).toEqual({ version: 1, phase: 'live' });
  expect(await start(store, both)).toEqual({ version: 1, phase: 'live' });
});

test('when nothing is declared as it was, reads go back to shadow and the newest proves itself', async () => {
  await using store = await createPhaseTestStore();
  await start(store, { readModel: version(1) });
  await goLive(store);
  const changed = { readModel: version(2), previous: { readModel: version(1, 'changed') } };
  expect(await start(store, changed)).toEqual({ version: 2, phase: 'shadow' });
});

test('without a previous version a raised one sends reads back, as does the return to one that is not declared', async () => {
  await using store = await createPhaseTestStore();
  await start(store, { readModel: version(1) });
  await goLive(store);
  expect(await start(store, { readModel: version(2) })).toEqual({ version: 2, phase: 'shadow' });
  await goLive(store);
  expect(await start(store, { readModel: version(1) })).toEqual({ version: 1, phase: 'shadow' });
});

test('of a feature that is new the newest version is the one that will serve', async () => {
  await using store = await createPhaseTestStore();
  expect(await start(store, both)).toEqual({ version: 2, phase: 'legacy' });
});

test('an older config that starts again leaves a newer version serving, and in the phase it is in', async () => {
  await using store = await createPhaseTestStore();
  const evidence = (): Promise<string | undefined> => readServingFingerprint(store.knex, 'orders');
  await start(store, { readModel: version(2) });
  await capture(store, 'summary_v1', 'summary_v2');
  const whose = await evidence();
  for (const to of [
    { phase: 'shadow', percent: 0 },
    { phase: 'canary', percent: 5 },
    { phase: 'live', percent: 100 },
  ]) {
    await go(store, to as ReadState);
    expect(await start(store, { readModel: version(1) })).toEqual({ version: 2, phase: to.phase });
    expect(await evidence()).toBe(whose);
  }
});

test('an older version takes over from a newer one that an operator has put back to legacy', async () => {
  await using store = await createPhaseTestStore();
  await start(store, { readModel: version(2) });
  await capture(store, 'summary_v1', 'summary_v2');
  await goLive(store);
  await go(store, { phase: 'legacy', percent: 0 });
  expect(await start(store, { readModel: version(1) })).toEqual({ version: 1, phase: 'legacy' });
});

test('the first version of another read model takes over from the second of the one before, and proves itself', async () => {
  await using store = await createPhaseTestStore();
  await start(store, { readModel: version(2) });
  await capture(store, 'summary_v1', 'summary_v2', 'other_v1');
  await goLive(store);
  const other = { readModel: { ...version(1), name: 'other' } };
  expect(await start(store, other)).toEqual({ version: 1, phase: 'shadow' });
});
