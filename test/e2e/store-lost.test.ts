import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { CountersUnderFig, type CounterAnswer } from '../support/counters-under-fig.ts';
import { runFig, type FigProcess } from '../support/fig-process.ts';
import { MortalStore } from '../support/mortal-store.ts';
import { until } from '../support/until.ts';

let store: MortalStore;
let counters: CountersUnderFig;
let fig: FigProcess;
beforeAll(async () => {
  store = await MortalStore.start();
  counters = await CountersUnderFig.create(50);
  fig = await counters.startFig(1, { FIG_DATABASE_URL: store.url });
}, 120_000);
afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await counters?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
}, 60_000);

const visitors = Array.from({ length: 20 }, (_, n) => `visitor-${n}`);
const ofAll = (): Promise<CounterAnswer[]> => Promise.all(visitors.map((visitor) => counters.ask('GET', 1, visitor)));
const served = (answers: readonly CounterAnswer[]): string[] => answers.map(({ from }) => String(from));
const status = (): Promise<StatusReport> => fig.status();

/** What every user must see however long the store is away: an answer, and what they have just written. */
async function usersAreServed(from: readonly string[]): Promise<void> {
  const phases = new Set([...from, 'candidate-failed', 'candidate-timeout', 'breaker-open', 'fence-timeout']);
  phases.add('read-model-not-ready');
  for (const { status: code, reason } of await ofAll()) {
    expect(code).toBe(200);
    expect(phases).toContain(reason);
  }
  for (const visitor of visitors.slice(0, 5)) {
    const written = await counters.ask('POST', 2, visitor);
    expect(await counters.ask('GET', 2, visitor)).toMatchObject({ status: 200, value: written.value, from: 'legacy' });
  }
}

test('the store is killed in canary: legacy serves, the phase stays, and the same visitors go back when it is there again', async () => {
  await counters.stepTo(fig, 'canary 50%');
  const before = served(
    await until('it serves', async () => {
      const answers = await ofAll();
      // Not while one of them falls back for a reason of the moment: they would be taken for legacy's.
      return answers.every(({ reason }) => reason === 'canary' || reason === 'outside-canary') && answers;
    }),
  );
  expect(new Set(before)).toEqual(new Set(['candidate', 'legacy']));

  await store.kill();
  for (let n = 0; n < 5; n += 1) await usersAreServed(['outside-canary']);
  // What an operator needs then: to see where things stand, and to send all reads back.
  const { features, storeError, breakers } = await status();
  expect(features[0]).toMatchObject({ reads: 'canary 50%', gate: { result: 'INCONCLUSIVE' } });
  expect(storeError).toContain('the control store does not answer');
  expect(breakers).toEqual({ counters: 'open' });
  const refused = await runFig(counters.folder, ['rollback', 'counters', '--reads', '--why', 'a test']);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('FIG_STORE_UNREACHABLE') });
  expect(refused.stderr).toContain('fig kill-switch on');
  expect(await fig.json('kill-switch', 'on', '--why', 'a test')).toMatchObject({ on: true, told: false });
  await usersAreServed(['kill-switch']);
  await fig.json('kill-switch', 'off', '--why', 'a test');
  expect(fig.output).not.toMatch(/^\s+at .*node_modules/m);

  await store.revive();
  await until(
    'the same visitors are served as before',
    async () => served(await ofAll()).join() === before.join(),
    60_000,
  );
  expect(await status()).not.toHaveProperty('storeError');
}, 120_000);

test('the store is killed in live: the same, and live again without a restart', async () => {
  await counters.stepTo(fig, 'live');
  await counters.untilServedByCandidate(1);
  await store.kill();
  for (let n = 0; n < 5; n += 1) await usersAreServed([]);
  expect((await status()).features[0]).toMatchObject({ reads: 'live' });
  await store.revive();
  await until(
    'all are served as before',
    async () => new Set(served(await ofAll())).size === 1 && served(await ofAll())[0] === 'candidate',
    60_000,
  );
}, 120_000);

test('a kill switch that was ordered while the store was away holds over a restart without it, and over its return', async () => {
  await store.kill();
  await fig.json('kill-switch', 'on', '--why', 'a test');
  await fig.stop();
  fig = await counters.startFig(1, { FIG_DATABASE_URL: store.url });
  for (const { status: code, from, reason } of await ofAll()) {
    expect({ code, from, reason }).toEqual({ code: 200, from: 'legacy', reason: 'kill-switch' });
  }
  expect(await status()).toMatchObject({ killSwitch: { on: true, why: 'a test' } });
  await store.revive();
  await until('the store is back', async () => (await status()).features.length > 0, 60_000);
  expect(new Set((await ofAll()).map(({ reason }) => reason))).toEqual(new Set(['kill-switch']));
  await fig.json('kill-switch', 'off', '--why', 'a test');
  // Phases come from the store again, as they were.
  await until('live', async () => new Set(served(await ofAll())).has('candidate'), 60_000);
}, 120_000);
