import { expect, test } from 'vitest';
import { strainOf } from '../../shadow/user-strain.ts';

const calm = { waitedShare: 0.01, lateMs: 0.2, isBehind: false };

test.each([
  ['nothing, while processors are there and the loop is in time', calm, undefined],
  ['a processor, from a twentieth of the time on', { ...calm, waitedShare: 0.06 }, 'processor'],
  ['the loop, whoever keeps it', { ...calm, lateMs: 4 }, 'event-loop'],
  ['the loop also where nothing is known of it yet', { ...calm, lateMs: Number.NaN }, undefined],
  ['the comparator, that does not keep up', { ...calm, isBehind: true }, 'comparator'],
  ['what users wait for first, and then the comparator', { ...calm, waitedShare: 0.5, isBehind: true }, 'processor'],
])('users would wait for %s', (_, seen, reason) => {
  expect(strainOf(seen)).toBe(reason);
});
