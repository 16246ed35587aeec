import { expect, test } from 'vitest';
import { BehindSuspicion } from '../../../shadow/cache/behind-suspicion.ts';

const agreed = { agreedAfterMs: 20_000 };

test('a route is suspected when legacy came to agree three times, and in most cases', () => {
  const suspicion = new BehindSuspicion();
  suspicion.tell('a', agreed);
  suspicion.tell('a', agreed);
  expect(suspicion.suspectedMs('a')).toBeUndefined();
  suspicion.tell('a', { agreedAfterMs: 30_000 });
  expect(suspicion.suspectedMs('a')).toBe(45_000);
  expect(suspicion.suspectedMs('b')).toBeUndefined();
});

test('a route is no longer suspected when legacy stays with what it said', () => {
  const suspicion = new BehindSuspicion();
  for (let n = 0; n < 3; n += 1) suspicion.tell('a', agreed);
  for (let n = 0; n < 3; n += 1) suspicion.tell('a', 'never-agreed');
  expect(suspicion.suspectedMs('a')).toBeUndefined();
});
