import { expect, test } from 'vitest';
import { WriteEvidence, type WritePair } from '../../shadow/write-evidence.ts';

const pair = (inRequest: boolean, inControl: boolean): WritePair => ({ inRequest, inControl });

/** The same numbers in every run: a linear congruential generator (Numerical Recipes, 7.1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a route that writes each time is told after 20 pairs', () => {
  const evidence = new WriteEvidence();
  for (let i = 0; i < 19; i += 1) evidence.note(pair(true, false));
  expect(evidence.verdict()).toBe('watching');
  evidence.note(pair(true, false));
  expect(evidence.verdict()).toBe('writes');
});

test('one that writes now and then beside a background job is told too', () => {
  const random = seeded(3);
  const evidence = new WriteEvidence();
  for (let i = 0; i < 200; i += 1) evidence.note(pair(random() < 0.3 || random() < 0.5, random() < 0.3));
  expect(evidence.verdict()).toBe('writes');
});

test.each([[0], [0.05], [0.3], [0.7], [1]])(
  'none of 3,000 routes is convicted by a background job that is seen in %d of all spans, looked at after each pair',
  (share) => {
    const random = seeded(11);
    let convicted = 0;
    for (let route = 0; route < 3_000; route += 1) {
      const evidence = new WriteEvidence();
      for (let i = 0; i < 100; i += 1) {
        evidence.note(pair(random() < share, random() < share));
        if (evidence.verdict() === 'writes') {
          convicted += 1;
          break;
        }
      }
    }
    // One in 10,000 may be.
    expect(convicted).toBeLessThanOrEqual(1);
  },
);

test('a route that is not seen to write is left alone in the end', () => {
  const evidence = new WriteEvidence();
  for (let i = 0; i < 400; i += 1) evidence.note(pair(false, false));
  expect(evidence.verdict()).toBe('innocent');
});
