import { expect, test } from 'vitest';
import { fingerprintOf } from '../../src/config/fingerprint.ts';

const feature = { name: 'orders', candidate: 'http://127.0.0.1:1', routes: ['GET /orders'] };

test('evidence that was gathered by another way to compare, or of other code, does not count', () => {
  const now = fingerprintOf(feature, undefined);
  expect(fingerprintOf(feature, undefined)).toBe(now);
  expect(fingerprintOf(feature, undefined, 1)).not.toBe(now);
  expect(fingerprintOf(feature, 'abc123')).not.toBe(now);
});
