import { expect, test } from 'vitest';
import type { NormalizedFeature } from '../../../src/config/normalized-config.ts';
import type { FeatureRouting, RoutingSnapshot } from '../../../src/kernel/phase.ts';
import { provenOnly, unprovenHere } from '../../../src/app/roles/proven-only.ts';

const feature = (fingerprint: string): NormalizedFeature =>
  ({ name: 'orders', fingerprint, readModel: undefined }) as unknown as NormalizedFeature;

function snapshot(routing: Partial<FeatureRouting>): RoutingSnapshot {
  const reads = { phase: 'live', percent: 100 } as const;
  return { revision: 7, features: new Map([['orders', { feature: 'orders', reads, stay: 5, ...routing }]]) };
}

test('a feature that was proven with this code is served as the phases say', () => {
  const given = snapshot({ fingerprint: 'f1' });
  expect(provenOnly(given, [feature('f1')])).toBe(given);
});

test('a feature that was proven with other code is marked, and its phase is known all the same', () => {
  const given = snapshot({ fingerprint: 'f2' });
  const { features } = provenOnly(given, [feature('f1')]);
  expect(features.get('orders')).toMatchObject({ reads: { phase: 'live', percent: 100 }, stay: 5, isUnproven: true });
  expect(unprovenHere(given, [feature('f1')])).toEqual(['orders']);
});

test('where nobody is served, or nothing is known of a proof, the phases stay as they are', () => {
  for (const given of [
    snapshot({ fingerprint: 'f2', reads: { phase: 'shadow', percent: 0 } }),
    snapshot({ fingerprint: undefined }),
  ]) {
    expect(provenOnly(given, [feature('f1')])).toBe(given);
  }
});
