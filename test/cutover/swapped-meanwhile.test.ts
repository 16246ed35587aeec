import { expect, test } from 'vitest';
import { CutoverController } from '../../src/cutover/controller.ts';
import type { CutoverFeature, CutoverPorts } from '../../src/cutover/ports.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { describeReads } from '../../src/kernel/phase.ts';
import { createPhaseStore, type PhaseStore } from '../../src/store/phase-store.ts';
import { settleServingVersion, swapServingVersion } from '../../src/store/serving-version-store.ts';
import { createPhaseTestStore, type PhaseTestStore } from '../store/phase-test-store.ts';
import { evidence, healthy, policy } from './gate-inputs.ts';

/** A feature in canary that is served by version 1 until its gate is asked; then, for whoever looks, by version 2. */
class Swapped {
  readonly controller: CutoverController;
  readonly phases: PhaseStore;
  verdicts: Parameters<typeof evidence>[0] = { match: 354 };
  readonly #store: PhaseTestStore;
  #known = 1;
  #isSwapped = false;

  private constructor(store: PhaseTestStore) {
    this.#store = store;
    this.phases = createPhaseStore(store.knex);
    const known = (): number => this.#known;
    const feature: CutoverFeature = {
      name: 'orders',
      cutover: policy,
      get fingerprint() {
        return `f${known()}`;
      },
      get version() {
        return known();
      },
    };
    const ports: CutoverPorts = {
      phases: this.phases,
      healthOf: async () => healthy,
      breakerOf: async () => ({ openings: 0, secondsSinceLast: undefined }),
      evidenceOf: async (name, fingerprint, step) => {
        await this.#swap();
        return evidence(fingerprint === 'f1' ? this.verdicts : {}, { feature: name, fingerprint, step });
      },
      rulesOf: async () => [],
      forgetEvidence: async () => undefined,
      topDifferenceOf: async () => undefined,
    };
    this.controller = new CutoverController({ features: [feature], ports, log: silentLog });
  }

  static async create(store: PhaseTestStore): Promise<Swapped> {
    const made = new Swapped(store);
    const { revision } = await made.phases.ensureFeature('orders');
    await settleServingVersion(store.knex, { feature: 'orders', version: 1, fingerprint: 'f1', who: 'fig' });
    const to = { phase: 'canary', percent: 5 } as const;
    const move = { feature: 'orders', expectedRevision: revision, to, action: 'force', who: 'ada', why: 'x' } as const;
    await made.phases.move(move);
    return made;
  }

  async reads(): Promise<string> {
    return describeReads((await this.phases.ensureFeature('orders')).reads);
  }

  async #swap(): Promise<void> {
    if (this.#isSwapped) return;
    this.#isSwapped = true;
    await swapServingVersion(this.#store.knex, {
      feature: 'orders',
      from: { version: 1, projection: 'orders_v1' },
      to: { version: 2, projection: 'orders_v2', fingerprint: 'f2' },
      expectedRevision: undefined,
      // The way that asks nothing of read models, of which there are none here.
      action: 'swap-version-back',
      who: 'ben',
      why: 'it is right',
    });
    this.#known = 2;
  }
}

test('what the version before has proven carries its successor no further', async () => {
  await using store = await createPhaseTestStore();
  const swapped = await Swapped.create(store);
  expect(await swapped.controller.promote('orders', { who: 'ada' })).toMatchObject({
    moved: false,
    to: 'canary 5%',
    reason: 'another version took over meanwhile',
  });
  // From now on the evidence is that of the one that serves, of which there is none.
  expect(await swapped.controller.promote('orders', { who: 'ada' })).toMatchObject({ gate: 'INCONCLUSIVE' });
  await swapped.controller.turn();
  expect(await swapped.reads()).toBe('canary 5%');
});

test('a gate that passes, or fails, while another version takes over moves nothing by itself', async () => {
  for (const verdicts of [{ match: 354 }, { match: 40, mismatch: 20 }]) {
    await using store = await createPhaseTestStore();
    const swapped = await Swapped.create(store);
    swapped.verdicts = verdicts;
    await swapped.controller.turn();
    expect(await swapped.reads()).toBe('canary 5%');
  }
});
