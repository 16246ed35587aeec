import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeliveredXids } from '../../src/sync/delivered-xids.ts';
import { parseSnapshot } from '../../src/sync/postgres/source-snapshot.ts';
import { XidSet } from '../../src/sync/xid-set.ts';

function delivered(...xids: readonly number[]): DeliveredXids {
  const all = new DeliveredXids();
  for (const xid of xids) all.add(xid);
  return all;
}

test('a delivered transaction that a snapshot lists as running is unseen, one that it does not list is seen', () => {
  const all = delivered(749, 750);
  expect(all.isAnyUnseenBy(parseSnapshot('749:752:749'), 2)).toBe(true);
  expect(all.isAnyUnseenBy(parseSnapshot('751:752:751'), 2)).toBe(false);
});

test('what was delivered after the marker does not count', () => {
  expect(delivered(750, 751).isAnyUnseenBy(parseSnapshot('751:752:751'), 1)).toBe(false);
});

test('a delivered transaction whose id is not below xmax is unseen, though no snapshot lists it', () => {
  // The writer of the marker had 750 before this one had 751, and this one wrote its commit first.
  const all = delivered(751, 750);
  expect(all.isAnyUnseenBy(parseSnapshot('751:751:'), 1)).toBe(true);
  expect(all.isAnyUnseenBy(parseSnapshot('752:752:'), 1)).toBe(false);
});

test('the same where ids start again from 0', () => {
  const all = delivered(0xffff_ffff, 3);
  expect(all.isAnyUnseenBy(parseSnapshot('4294967299:4294967300:'), 2)).toBe(false);
  expect(all.isAnyUnseenBy(parseSnapshot('4294967299:4294967299:'), 2)).toBe(true);
  expect(all.isAnyUnseenBy(parseSnapshot('4294967295:4294967300:4294967295'), 2)).toBe(true);
});

test('a transaction that waits for a standby is remembered through a million others', () => {
  const all = delivered(700);
  for (let xid = 701; xid < 1_000_701; xid += 1) all.add(xid);
  expect(all.isAnyUnseenBy(parseSnapshot('700:1000701:700'), all.count)).toBe(true);
  expect(all.isAnyUnseenBy(parseSnapshot('1000701:1000701:'), all.count)).toBe(false);
});

test('a set of ids has what was added and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff_ffff)), fc.array(fc.nat(0xffff_ffff)), (added, asked) => {
      const set = new XidSet();
      for (const xid of added) set.add(xid);
      for (const xid of [...added, ...asked]) expect(set.has(xid)).toBe(added.includes(xid));
    }),
  );
});
