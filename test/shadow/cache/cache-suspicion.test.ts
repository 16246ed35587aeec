import { expect, test } from 'vitest';
import { CacheSuspicion } from '../../../shadow/cache/cache-suspicion.ts';

const agreed = { agreedAfterMs: 20_000 };

test('a route is suspected when legacy came to agree three times, and in most cases', () => {
  const suspicion = new CacheSuspicion();
  suspicion.tell('a', agreed);
  suspicion.tell('a', agreed);
  expect(suspicion.cachedForMs('a')).toBeUndefined();
  suspicion.tell('a', { agreedAfterMs: 30_000 });
  expect(suspicion.cachedForMs('a')).toBe(45_000);
  expect(suspicion.cachedForMs('b')).toBeUndefined();
});

test('a route is no longer suspected when legacy stays with what it said', () => {
  const suspicion = new CacheSuspicion();
  for (let n = 0; n < 3; n += 1) suspicion.tell('a', agreed);
  for (let n = 0; n < 3; n += 1) suspicion.tell('a', 'never-agreed');
  expect(suspicion.cachedForMs('a')).toBeUndefined();
});
