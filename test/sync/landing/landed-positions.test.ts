import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LandedPositions } from '../../../src/sync/landing/landed-positions.ts';

test('before the first mark nothing is known to have landed', () => {
  const positions = new LandedPositions();
  expect(positions.at(100n)).toBeUndefined();
  positions.note(50n, 7n);
  expect(positions.at(49n)).toBeUndefined();
  expect(positions.at(50n)).toBe(7n);
  expect(positions.at(1_000n)).toBe(7n);
  positions.forget();
  expect(positions.at(50n)).toBeUndefined();
});

test('at every position of the stream the last mark before it tells what has landed', () => {
  const steps = fc.array(fc.record({ streamed: fc.bigInt(1n, 9n), landed: fc.bigInt(0n, 3n) }), { maxLength: 40 });
  fc.assert(
    fc.property(steps, fc.bigInt(0n, 400n), (given, asked) => {
      const positions = new LandedPositions();
      let [streamed, landed] = [0n, 0n];
      let expected: bigint | undefined;
      for (const step of given) {
        streamed += step.streamed;
        landed += step.landed;
        positions.note(streamed, landed);
        if (streamed <= asked) expected = landed;
      }
      expect(positions.at(asked)).toBe(expected);
    }),
  );
});

test('of very many marks the latest are kept', () => {
  const positions = new LandedPositions();
  for (let n = 1n; n <= 150_000n; n += 1n) positions.note(n * 10n, n);
  expect(positions.at(1_500_000n)).toBe(150_000n);
  expect(positions.at(1_490_005n)).toBe(149_000n);
  expect(positions.at(10n)).toBeUndefined();
});
