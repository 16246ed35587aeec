import { expect, test } from 'vitest';
import { decideGate, type GateHealth } from '../../src/cutover/decide-gate.ts';
import { decideSwap, type SwapDecision } from '../../src/cutover/decide-swap.ts';
import { liveReads, legacyReads } from '../../src/cutover/read-phases.ts';
import { evidence, healthy, policy } from './gate-inputs.ts';

const compared = { summary: 'nothing differs', maxAgeSeconds: 86_400 };
const clean: GateHealth = { ...healthy, reconciliation: { ...compared, last: { state: 'clean', ageSeconds: 5 } } };
const proven = { match: 354 };

function decide(health: GateHealth, verdicts: Parameters<typeof evidence>[0], force = false): SwapDecision {
  const gate = decideGate({ state: liveReads, health, policy, evidence: evidence(verdicts, { step: 'live' }) });
  return decideSwap({ health, gate, force });
}

test('a version that is ready, compared with legacy and proven in the present phase may serve', () => {
  expect(decide(clean, proven)).toMatchObject({ kind: 'swap', isForced: false, gate: 'PASS' });
});

test('a proof that is not finished holds, differences fail, and each says why', () => {
  expect(decide(clean, { match: 10 })).toEqual({
    kind: 'refuse',
    gate: 'INCONCLUSIVE',
    reason: '10 of 354 clean comparisons so far: 344 more needed',
  });
  expect(decide(clean, { match: 40, mismatch: 20 })).toMatchObject({ kind: 'refuse', gate: 'FAIL' });
});

test.each([
  ['dead letters', { ...clean, deadLetters: 2 }, /^2 dead letters keep the read model from being complete/],
  [
    'no comparison with legacy',
    { ...clean, reconciliation: { ...compared, last: undefined } },
    /has not been compared/,
  ],
  [
    'a comparison with legacy that came to no end',
    { ...clean, reconciliation: { ...compared, last: { state: 'undetermined', ageSeconds: 5 } } },
    /could not be compared with legacy to the end/,
  ],
  [
    'rows that differ from legacy',
    { ...clean, reconciliation: { ...compared, last: { state: 'different', ageSeconds: 5 } } },
    /differs from legacy/,
  ],
  [
    'a comparison with legacy that is old',
    { ...clean, reconciliation: { ...compared, last: { state: 'clean', ageSeconds: 90_000 } } },
    /was last compared with legacy 25 h ago \(limit 24 h\)/,
  ],
  ['a lag', { ...clean, lagSeconds: 60 }, /60 s behind legacy/],
] satisfies [string, GateHealth, RegExp][])('%s holds a version that is proven otherwise', (_what, health, reason) => {
  expect(decide(health, proven)).toMatchObject({
    kind: 'refuse',
    gate: 'INCONCLUSIVE',
    reason: expect.stringMatching(reason),
  });
  expect(decide(health, proven, true)).toMatchObject({ kind: 'swap', isForced: true, gate: 'INCONCLUSIVE' });
});

test('a feature that does not have its read model compared with legacy is not held for that', () => {
  expect(decide(healthy, proven)).toMatchObject({ kind: 'swap', isForced: false });
});

test('force passes over differences and says so, but never over a version that is not ready', () => {
  expect(decide(clean, { match: 40, mismatch: 20 }, true)).toMatchObject({
    kind: 'swap',
    isForced: true,
    gate: 'FAIL',
  });
  const building = { ...clean, readModelReady: false, readModelReason: 'order_summary is being built (40 %)' };
  expect(decide(building, proven, true)).toEqual({
    kind: 'refuse',
    gate: 'INCONCLUSIVE',
    reason: 'order_summary is being built (40 %)',
  });
});

test('where nobody is served yet, what users would need is asked for all the same', () => {
  const gate = decideGate({ state: legacyReads, health: clean, policy, evidence: evidence({}) });
  expect(decideSwap({ health: clean, gate, force: false })).toMatchObject({ kind: 'swap' });
  expect(decideSwap({ health: { ...clean, deadLetters: 1 }, gate, force: false })).toMatchObject({
    kind: 'refuse',
    reason: '1 dead letter keeps the read model from being complete (fig dead-letters list)',
  });
});
