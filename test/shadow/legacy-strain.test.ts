import { expect, test } from 'vitest';
import { LegacyStrain } from '../../shadow/legacy-strain.ts';

/** Answers of a route that take so long, ten each second; gives the time at their end. */
function answers(strain: LegacyStrain, from: number, seconds: number, tookMs: number, status = 200): number {
  for (let n = 0; n < seconds * 10; n += 1) strain.saw('r', status, tookMs, from + n * 100);
  return from + seconds * 1_000;
}

test('slow for two seconds: no more questions; for ten: no more copies; and all again when it is over', () => {
  const strain = new LegacyStrain();
  let now = answers(strain, 0, 10, 30);
  now = answers(strain, now, 2, 200);
  expect([strain.mayAsk(now), strain.mayCopy(now)]).toEqual([true, true]);
  now = answers(strain, now, 3, 200);
  expect([strain.mayAsk(now), strain.mayCopy(now)]).toEqual([false, true]);
  now = answers(strain, now, 9, 200);
  expect(strain.mayCopy(now)).toBe(true);
  expect(strain.mayCopy(now + 499)).toBe(false);
  expect(strain.mayCopy(now + 500)).toBe(true);
  now = answers(strain, now, 3, 30);
  expect([strain.mayAsk(now), strain.mayCopy(now), strain.mayCopy(now)]).toEqual([true, true, true]);
});

test.each([429, 503])('%s is strain, however quick', (status) => {
  const strain = new LegacyStrain();
  const now = answers(strain, 0, 5, 3, status);
  expect(strain.mayAsk(now)).toBe(false);
});

test('a few slow answers among many, or some that are slow for a route that is quick, are none', () => {
  const strain = new LegacyStrain();
  for (let n = 0; n < 1_000; n += 1) strain.saw('r', 200, n % 10 === 0 ? 5_000 : 20, n * 100);
  expect(strain.mayAsk(100_000)).toBe(true);
  const quick = new LegacyStrain();
  const now = answers(quick, answers(quick, 0, 10, 1), 10, 80);
  expect(quick.mayAsk(now)).toBe(true);
});

test('a route that is slow by nature does not make another one look strained', () => {
  const strain = new LegacyStrain();
  for (let n = 0; n < 1_000; n += 1) {
    strain.saw('slow', 200, 900, n * 100);
    strain.saw('quick', 200, 5, n * 100);
  }
  expect(strain.mayAsk(100_000)).toBe(true);
});

test('slowness that stays for an hour is how legacy is', () => {
  const strain = new LegacyStrain();
  const now = answers(strain, answers(strain, 0, 10, 30), 3_600, 200);
  expect(strain.mayAsk(now)).toBe(true);
});
