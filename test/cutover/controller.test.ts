import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { GateHealth } from '../../src/cutover/decide-gate.ts';
import { CutoverController, automaticMover } from '../../src/cutover/controller.ts';
import type { CutoverPorts } from '../../src/cutover/ports.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { describeReads } from '../../src/kernel/phase.ts';
import { createAuditStore, type AuditEntry } from '../../src/store/audit-store.ts';
import { recordOpening, summarizeOpenings } from '../../src/store/breaker-store.ts';
import { createPhaseStore } from '../../src/store/phase-store.ts';
import { createPhaseTestStore, type PhaseTestStore } from '../store/phase-test-store.ts';
import { evidence, healthy, policy } from './gate-inputs.ts';

type Counts = Parameters<typeof evidence>[0] & { readonly critical?: number };

/** Cutover on a real control store; evidence and health are whatever a test says they are. */
class House {
  readonly #store: PhaseTestStore;
  readonly controller: CutoverController;
  readonly steps = new Map<string, Counts>();
  readonly forgotten: string[] = [];
  health: GateHealth | Error = healthy;
  topDifference: string | Error = '$.total of GET /api/orders/:id';
  forgetting: () => Promise<unknown> = () => Promise.resolve();
  asking: () => Promise<unknown> = () => Promise.resolve();

  constructor(store: PhaseTestStore, cutover = policy) {
    this.#store = store;
    const ports: CutoverPorts = {
      phases: createPhaseStore(store.knex),
      healthOf: async () => orThrow(this.health),
      breakerOf: (feature, since) => summarizeOpenings(store.knex, feature, since),
      evidenceOf: async (feature, fingerprint, step) => {
        await this.asking();
        const { critical = 0, ...verdicts } = this.steps.get(step) ?? {};
        return evidence(verdicts, { feature, fingerprint, step, critical });
      },
      rulesOf: async () => [],
      forgetEvidence: async (_feature, step) => {
        await this.forgetting();
        this.forgotten.push(step);
        this.steps.delete(step);
      },
      topDifferenceOf: async () => orThrow(this.topDifference),
    };
    const features = [{ name: 'orders', fingerprint: 'f1', cutover }];
    this.controller = new CutoverController({ features, ports, log: silentLog, turnMs: 10 });
  }

  async reads(): Promise<string> {
    const row = await createPhaseStore(this.#store.knex).ensureFeature('orders');
    return describeReads(row.reads);
  }

  async audit(): Promise<readonly AuditEntry[]> {
    return createAuditStore(this.#store.knex).list('orders', 100);
  }

  /** Moves on by force until reads are there. */
  async force(wanted: string): Promise<void> {
    while ((await this.reads()) !== wanted) {
      const { moved } = await this.controller.promote('orders', { who: 'test', why: 'to begin there', force: true });
      if (!moved) throw new Error(`stuck before ${wanted}`);
    }
  }
}

function orThrow<T>(value: T | Error): T {
  if (value instanceof Error) throw value;
  return value;
}

const clean = { match: 354 };
const bad = { match: 40, mismatch: 20 };

/** A promise that a test resolves when it is time. */
function latch(): { readonly promise: Promise<unknown>; readonly resolve: () => void } {
  const controller = new AbortController();
  return { promise: once(controller.signal, 'abort'), resolve: () => controller.abort() };
}

describe('an operator', () => {
  it('leads reads from legacy to live, each step on evidence of its own', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store, { ...policy, automatic: false });
    const way: string[] = [];
    const refusals = new Set<string>();
    for (let step = 'legacy'; step !== 'live'; step = await house.reads()) {
      house.steps.set(step, clean);
      await house.controller.turn();
      const outcome = await house.controller.promote('orders', { who: 'ada' });
      expect(outcome).toMatchObject({ moved: true, from: step, gate: 'PASS' });
      way.push(outcome.to);
      const again = await house.controller.promote('orders', { who: 'ada' });
      expect(again).toMatchObject({ moved: false, from: outcome.to, to: outcome.to });
      refusals.add(`${again.gate}: ${again.reason}`);
    }
    expect([...refusals]).toEqual([
      'INCONCLUSIVE: 0 of 354 clean comparisons so far: 354 more needed',
      'undefined: orders is live: there is no further step',
    ]);
    expect(way).toEqual(['shadow', 'canary 5%', 'canary 50%', 'live']);
    expect(house.forgotten).toEqual(way);
    const audit = await house.audit();
    expect(audit.map(({ to }) => to)).toEqual(way.toReversed());
    expect(audit[0]).toMatchObject({ who: 'ada', action: 'promote', gate: 'PASS', evidence: { verdicts: clean } });
  });

  it('is refused by a gate that fails, with the difference named', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('shadow');
    house.steps.set('shadow', bad);
    expect(await house.controller.promote('orders', { who: 'ada' })).toMatchObject({
      moved: false,
      gate: 'FAIL',
      reason: '20 of 60 answers differ (33.33 %, limit 1 %): most often $.total of GET /api/orders/:id',
    });
    expect(await house.reads()).toBe('shadow');
  });

  it('may force a gate that says no, saying why, but never a read model that is not ready', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('shadow');
    house.steps.set('shadow', { ...bad, critical: 1 });
    const order = { who: 'ada', why: 'a demo', force: true };

    house.health = { readModelReady: false, readModelReason: 'order_summary is being built', lagSeconds: 0 };
    expect(await house.controller.promote('orders', order)).toMatchObject({
      moved: false,
      reason: 'order_summary is being built',
    });
    house.health = healthy;
    expect(await house.controller.promote('orders', order)).toMatchObject({
      moved: true,
      to: 'canary 5%',
      gate: 'FAIL',
    });
    expect((await house.audit())[0]).toMatchObject({ action: 'force', who: 'ada', why: 'a demo', gate: 'FAIL' });

    await expect(house.controller.promote('orders', { who: 'ada', force: true, why: ' ' })).rejects.toMatchObject({
      code: 'FIG_WHY_REQUIRED',
    });
  });

  it('gets a way out of a step that failed: entering it again begins without the old evidence', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('shadow');
    house.steps.set('shadow', bad);
    await house.controller.rollback('orders', { who: 'ada', why: 'data mended' });
    await house.controller.promote('orders', { who: 'ada' });
    expect(await house.controller.promote('orders', { who: 'ada' })).toMatchObject({
      gate: 'INCONCLUSIVE',
      reason: '0 of 354 clean comparisons so far: 354 more needed',
    });
  });

  it('does not move when old evidence cannot be forgotten first', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    house.forgetting = () => Promise.reject(new Error('evidence store is away'));
    await expect(house.controller.promote('orders', { who: 'ada' })).rejects.toThrow('evidence store is away');
    expect(await house.reads()).toBe('legacy');
    expect(await house.audit()).toEqual([]);
  });

  it('is told of the features there are when naming another', async () => {
    await using store = await createPhaseTestStore();
    const { controller } = new House(store);
    const unknown = { code: 'FIG_UNKNOWN_FEATURE', message: 'there is no feature "order"; the config has: orders' };
    await expect(controller.promote('order', { who: 'ada' })).rejects.toMatchObject(unknown);
    await expect(controller.rollback('order', { who: 'ada', why: 'x' })).rejects.toMatchObject(unknown);
    await expect(controller.read('order')).rejects.toMatchObject(unknown);
  });
});

describe('a rollback', () => {
  it.each([
    ['live', 'shadow'],
    ['canary 50%', 'shadow'],
    ['canary 5%', 'shadow'],
    ['shadow', 'legacy'],
  ])('from %s leads to %s, asking nothing but the phases', async (from, to) => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force(from);
    house.asking = () => Promise.reject(new Error('evidence store is away'));
    house.forgetting = house.asking;
    house.health = { readModelReady: false, lagSeconds: undefined };
    expect(await house.controller.rollback('orders', { who: 'ada', why: 'a complaint' })).toEqual({
      feature: 'orders',
      moved: true,
      from,
      to,
      gate: undefined,
      reason: 'a complaint',
    });
    expect((await house.audit())[0]).toMatchObject({ action: 'rollback', from, to, who: 'ada', why: 'a complaint' });
  });

  it('needs a reason, goes straight to legacy when told, and says when there is nothing to undo', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('live');
    const { controller } = house;
    await expect(controller.rollback('orders', { who: 'ada', why: '  ' })).rejects.toMatchObject({
      code: 'FIG_WHY_REQUIRED',
    });
    expect(await controller.rollback('orders', { who: 'ada', why: 'now', to: 'legacy' })).toMatchObject({
      to: 'legacy',
    });
    expect(await controller.rollback('orders', { who: 'ada', why: 'again' })).toMatchObject({
      moved: false,
      reason: 'orders is in legacy already',
    });
    expect(await controller.rollback('orders', { who: 'ada', why: 'x', to: 'shadow' })).toMatchObject({
      moved: false,
      reason: 'shadow is not a way back from legacy: use promote',
    });
  });

  it('wins over a promotion that is being decided', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('canary 5%');
    house.steps.set('canary 5%', clean);
    const asked = latch();
    const answer = latch();
    house.asking = () => {
      asked.resolve();
      return answer.promise;
    };
    const promotion = house.controller.promote('orders', { who: 'ada' });
    await asked.promise;
    expect(await house.controller.rollback('orders', { who: 'ben', why: 'wait' })).toMatchObject({ moved: true });
    answer.resolve();
    expect(await promotion).toMatchObject({
      moved: false,
      reason: 'orders was moved from canary 5% to shadow meanwhile',
    });
    expect(await house.reads()).toBe('shadow');
  });
});

it('of two operators who promote at once, one moves', async () => {
  await using store = await createPhaseTestStore();
  const one = new House(store);
  const other = new House(store);
  const bothAsked = latch();
  let asked = 0;
  for (const house of [one, other]) {
    house.forgetting = () => {
      asked += 1;
      if (asked === 2) bothAsked.resolve();
      return bothAsked.promise;
    };
  }
  const outcomes = await Promise.all([
    one.controller.promote('orders', { who: 'ada' }),
    other.controller.promote('orders', { who: 'ben' }),
  ]);
  expect(outcomes.filter(({ moved }) => moved)).toHaveLength(1);
  expect(await one.audit()).toHaveLength(1);
  expect(await one.reads()).toBe('shadow');
});

describe('by itself', () => {
  it.each(['canary 5%', 'canary 50%', 'live'])('fig sends reads back from %s when the gate fails', async (step) => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force(step);
    house.steps.set('shadow', clean);
    house.steps.set(step, bad);
    // Whatever else is pending does not keep users with a bad candidate.
    house.health = { readModelReady: false, lagSeconds: undefined, captureError: 'slot is gone' };
    await house.controller.turn();
    expect(await house.reads()).toBe('shadow');
    expect((await house.audit())[0]).toMatchObject({
      who: automaticMover,
      action: 'rollback',
      gate: 'FAIL',
      from: step,
    });
    expect((await house.audit())[0]!.why).toMatch(/^the gate of .* failed: 20 of 60 answers differ/);
    // The proof from before does not lead back to where it failed.
    house.health = healthy;
    expect(await house.controller.promote('orders', { who: 'ada' })).toMatchObject({ moved: false });
  });

  it('fig sends reads back also when nothing but the evidence can be read', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('live');
    house.steps.set('live', bad);
    house.health = new Error('capture does not answer');
    house.topDifference = new Error('groups cannot be read');
    expect((await house.controller.read('orders')).decision.blockers).toEqual([
      '20 of 60 answers differ (33.33 %, limit 1 %)',
      'the state of the read model cannot be told: capture does not answer',
      'how far the read model is behind legacy is not known',
      expect.stringMatching(/more needed that agree$/),
    ]);
    await house.controller.turn();
    expect(await house.reads()).toBe('shadow');
    expect(await house.controller.promote('orders', { who: 'ada', why: 'must', force: true })).toMatchObject({
      moved: false,
      reason: 'the state of the read model cannot be told: capture does not answer',
    });
  });

  it('fig sends reads back when the breaker opened more often than the policy allows, and names it', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('canary 5%');
    house.steps.set('canary 5%', clean);
    const opening = { feature: 'orders', proxy: 'a', cause: 'consecutive', failures: 5, total: 5 };
    for (let i = 0; i < policy.maxBreakerOpenings; i += 1) {
      await recordOpening(store.knex, { ...opening, at: Date.now() });
      // One bad second, seen by many proxies, is one opening.
      await recordOpening(store.knex, { ...opening, proxy: `b${i}`, at: Date.now() });
    }
    await house.controller.turn();
    // The proof is complete, but a candidate that failed users of late gets no more of them.
    expect(await house.reads()).toBe('canary 5%');
    const { decision } = await house.controller.read('orders');
    expect(decision).toMatchObject({
      result: 'INCONCLUSIVE',
      reason: expect.stringMatching(/^the breaker opened \d+ s ago/),
    });

    await recordOpening(store.knex, { ...opening, at: Date.now() });
    await house.controller.turn();
    expect(await house.reads()).toBe('shadow');
    expect((await house.audit())[0]).toMatchObject({
      who: automaticMover,
      action: 'rollback',
      why: 'the gate of canary 5% failed: the breaker opened 3 times (limit 2)',
    });

    // The next stay in the step begins without them.
    await house.force('canary 5%');
    house.steps.set('canary 5%', clean);
    await house.controller.turn();
    expect(await house.reads()).toBe('canary 50%');
  });

  it('fig goes on through the canary to live while the gates pass, and stays there', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('canary 5%');
    house.steps.set('canary 5%', clean);
    await house.controller.turn();
    expect(await house.reads()).toBe('canary 50%');
    await house.controller.turn();
    expect(await house.reads()).toBe('canary 50%');
    house.steps.set('canary 50%', clean);
    await house.controller.turn();
    expect(await house.reads()).toBe('live');
    expect((await house.audit())[0]).toMatchObject({ who: automaticMover, action: 'promote', gate: 'PASS' });
    house.steps.set('live', clean);
    await house.controller.turn();
    expect(await house.reads()).toBe('live');
  });

  it('fig waits until a step has lasted its time, by the clock of the database', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store, { ...policy, dwellSeconds: 3_600 });
    await house.force('canary 5%');
    house.steps.set('canary 5%', clean);
    await house.controller.turn();
    expect(await house.reads()).toBe('canary 5%');
    await store.knex.raw(`UPDATE fig.feature_phase SET entered_at = entered_at - interval '1 hour'`);
    await house.controller.turn();
    expect(await house.reads()).toBe('canary 50%');
  });

  it('fig never moves on silence, nor out of legacy or shadow', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    for (const step of ['legacy', 'shadow', 'canary 5%', 'canary 50%', 'live']) {
      await house.force(step);
      const before = (await house.audit()).length;
      if (step === 'shadow') house.steps.set(step, clean);
      await house.controller.turn();
      if (step === 'shadow') house.steps.set(step, bad);
      await house.controller.turn();
      expect(await house.reads()).toBe(step);
      expect(await house.audit()).toHaveLength(before);
    }
  });

  it('fig leaves a share that the config no longer has for the next higher one', async () => {
    await using store = await createPhaseTestStore();
    await new House(store).force('canary 5%');
    const house = new House(store, { ...policy, canary: [1, 20] });
    house.steps.set('canary 5%', clean);
    await house.controller.turn();
    expect(await house.reads()).toBe('canary 20%');
  });

  it('fig keeps looking after a look has failed', async () => {
    await using store = await createPhaseTestStore();
    const house = new House(store);
    await house.force('canary 5%');
    house.steps.set('canary 5%', bad);
    let asked = 0;
    house.asking = async () => {
      asked += 1;
      if (asked < 3) throw new Error('evidence store is away');
    };
    const loop = house.controller.start();
    await vi.waitFor(async () => expect(await house.reads()).toBe('shadow'), { timeout: 10_000, interval: 20 });
    await loop.stop();
    expect(asked).toBe(3);
  });
});
