import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fenceNoteIn, fenceSetCookie, withoutFenceCookie } from '../../proxy/fence-cookie.ts';

const secret = Buffer.from('secret');
const now = 1_700_000_000_000;
const note = { fence: 0x16b374d848n, at: now, isKnown: true, log: 'tl1-abcd' };
const pair = fenceSetCookie(secret, note, false).split(';')[0] ?? '';

test('a note comes back as it was given, however the clock of who gave it was set', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: -600_000_000, max: 600_000_000 }),
      fc.boolean(),
      fc.stringMatching(/^[\w-]{0,16}$/),
      (fence, age, isKnown, log) => {
        const given = { fence, at: now + age, isKnown, log };
        const cookie = fenceSetCookie(secret, given, true).split(';')[0];
        expect(fenceNoteIn(secret, `a=1; ${cookie}; b=2`)).toEqual(given);
      },
    ),
  );
});

test('a note of another signer counts as none', () => {
  expect(fenceNoteIn(Buffer.from('other'), pair)).toBeUndefined();
});

test('no change to a note goes unnoticed', () => {
  const start = 'fig_fence='.length;
  fc.assert(
    fc.property(
      fc.integer({ min: start, max: pair.length - 1 }),
      fc.constantFrom(...'0af.kuT_Z-'.split('')),
      (index, character) => {
        const changed = pair.slice(0, index) + character + pair.slice(index + 1);
        fc.pre(changed !== pair);
        expect(fenceNoteIn(secret, changed)).toBeUndefined();
      },
    ),
  );
});

test.each(['', 'fig_fence', 'fig_fence=', 'fig_fence=...', 'fig_fence=zz.zz.k.x', `fig_fence=${'f'.repeat(5_000)}`])(
  'garbage (%s) counts as no note',
  (cookie) => {
    expect(fenceNoteIn(secret, cookie)).toBeUndefined();
  },
);

test('of several notes the latest counts, and forged ones do not hide it', () => {
  const later = fenceSetCookie(secret, { ...note, fence: 1n, at: now + 1 }, false).split(';')[0];
  expect(fenceNoteIn(secret, `fig_fence=x; ${later}; ${pair}`)).toMatchObject({ fence: 1n });
});

test('taking our cookie out leaves every other byte as it was', () => {
  expect(withoutFenceCookie(['Cookie', ' a=1;b=2 ', 'X', 'fig_fence=1'])).toEqual([
    'Cookie',
    ' a=1;b=2 ',
    'X',
    'fig_fence=1',
  ]);
  expect(withoutFenceCookie(['Cookie', 'a=1;fig_fence=x;b="c d"'])).toEqual(['Cookie', 'a=1;b="c d"']);
  expect(withoutFenceCookie(['cookie', 'fig_fence=x', 'A', 'b'])).toEqual(['A', 'b']);
  expect(withoutFenceCookie(['Cookie', 'fig_fence=x; a=1'])).toEqual(['Cookie', 'a=1']);
  expect(withoutFenceCookie(['Cookie', 'a=fig_fence=1; my_fig_fence=2'])).toEqual([
    'Cookie',
    'a=fig_fence=1; my_fig_fence=2',
  ]);
});
