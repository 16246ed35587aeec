import { expect, it } from 'vitest';
import { decideGate, type GateHealth } from '../../src/cutover/decide-gate.ts';
import { liveReads, shadowReads } from '../../src/cutover/read-phases.ts';
import type { ReconciliationHealth } from '../../src/cutover/reconciliation-health.ts';
import { evidence, healthy, policy } from './gate-inputs.ts';

const lastCanary = { phase: 'canary', percent: 50 } as const;
const clean: ReconciliationHealth = {
  last: { state: 'clean', ageSeconds: 60 },
  summary: '20 rows agree',
  maxAgeSeconds: 86_400,
};
const decide = (
  reconciliation: GateHealth['reconciliation'],
  state: Parameters<typeof decideGate>[0]['state'] = lastCanary,
) => decideGate({ state, evidence: evidence({ match: 354 }), health: { ...healthy, reconciliation }, policy });

it.each<[string, GateHealth['reconciliation'], string | undefined]>([
  ['nothing is asked for', undefined, undefined],
  ['it was clean', clean, undefined],
  ['it was repaired', { ...clean, last: { state: 'repaired', ageSeconds: 60 } }, undefined],
  ['there was none', { ...clean, last: undefined }, 'the read model has not been compared with legacy as a whole yet'],
  [
    'it found what is still wrong',
    { ...clean, last: { state: 'different', ageSeconds: 60 }, summary: '3 of 20 rows differ' },
    'the read model differs from legacy: 3 of 20 rows differ',
  ],
  [
    'it came to no end',
    { ...clean, last: { state: 'undetermined', ageSeconds: 60 }, summary: '1 of 20 rows changed' },
    'the read model could not be compared with legacy to the end: 1 of 20 rows changed',
  ],
  [
    'it is too old',
    { ...clean, last: { state: 'clean', ageSeconds: 90_000 } },
    'the read model was last compared with legacy 25 h ago (limit 24 h)',
  ],
])('the step to live, when %s', (_when, reconciliation, reason) => {
  const decision = decide(reconciliation);
  expect(decision.result).toBe(reason === undefined ? 'PASS' : 'INCONCLUSIVE');
  expect(decision.blockers).toEqual(reason === undefined ? [] : [reason]);
});

it('holds every step while the read model is known to differ, and only the last for want of a comparison', () => {
  const different: ReconciliationHealth = { ...clean, last: { state: 'different', ageSeconds: 1 } };
  for (const state of [shadowReads, { phase: 'canary', percent: 5 } as const]) {
    expect(decide(different, state).result).toBe('INCONCLUSIVE');
    expect(decide({ ...clean, last: undefined }, state).result).toBe('PASS');
  }
  // It keeps reads from going on, and sends none back.
  expect(decide(different, liveReads).result).toBe('INCONCLUSIVE');
  expect(decide({ ...clean, last: undefined }, liveReads).result).toBe('PASS');
});
