import { expect, test } from 'vitest';
import { cachedForMs } from '../../../shadow/cache/cached-for.ts';

test.each([
  ['nothing is said', [], 0],
  ['it was made for this question', ['Age', '0', 'Cache-Control', 'max-age=60'], 0],
  ['others may keep it', ['Cache-Control', 'public, max-age=60'], 0],
  ['it is half a minute old', ['Age', '30', 'Cache-Control', 'max-age=60'], 31_000],
  ['shared caches keep it longer', ['Age', '30', 'Cache-Control', 'max-age=60, s-maxage=90'], 61_000],
  ['it is older than it may be', ['Age', '90', 'Cache-Control', 'max-age=60'], 1_000],
  ['nobody says for how long', ['Age', '5'], 60_000],
  ['it is kept for a year', ['Age', '5', 'Cache-Control', 'max-age=31536000'], 3_600_000],
  ['the age is no number', ['Age', 'old'], 0],
])('when %s', (_, headers, ms) => {
  expect(cachedForMs({ status: 200, headers, body: Buffer.of() })).toBe(ms);
});
