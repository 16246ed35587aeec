import { expect, test } from 'vitest';
import { CursorBook } from '../../../shadow/cursors/cursor-book.ts';

function tokens(token: string, parameter = 'cursor'): ReadonlyMap<string, { parameter: string; token: string }> {
  return new Map([['$.next', { parameter, token }]]);
}

test('a token leads to that of the other side, whichever side it came from', () => {
  const book = new CursorBook({ now: () => 0 });
  book.remember('orders', tokens('L'), tokens('C'));
  expect(book.tokenOf('candidate', 'orders', 'cursor', 'L')).toBe('C');
  expect(book.tokenOf('legacy', 'orders', 'cursor', 'C')).toBe('L');
  expect(book.tokenOf('legacy', 'orders', 'cursor', 'L')).toBe('L');
  expect(book.tokenOf('candidate', 'orders', 'cursor', 'X')).toBeUndefined();
  expect(book.tokenOf('candidate', 'invoices', 'cursor', 'L')).toBeUndefined();
  expect(book.tokenOf('candidate', 'orders', 'after', 'L')).toBeUndefined();
});

test('tokens are forgotten after a quarter of an hour, and the oldest when there are too many', () => {
  let now = 0;
  const book = new CursorBook({ now: () => now });
  book.remember('orders', tokens('L0'), tokens('C0'));
  now = 15 * 60_000;
  expect(book.tokenOf('candidate', 'orders', 'cursor', 'L0')).toBeUndefined();
  for (let n = 1; n <= 10_001; n += 1) book.remember('orders', tokens(`L${n}`), tokens(`C${n}`));
  expect(book.tokenOf('candidate', 'orders', 'cursor', 'L1')).toBeUndefined();
  expect(book.tokenOf('candidate', 'orders', 'cursor', 'L2')).toBe('C2');
});
