import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeCondition } from '../../../shadow/findings/condition.ts';
import { correlate } from '../../../shadow/findings/correlate.ts';
import type { Facts } from '../../../src/kernel/facts.ts';

/** A small generator of its own, so that a failure can be repeated (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function orders(count: number, random: () => number): Facts[] {
  const pick = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  return Array.from({ length: count }, () => ({
    method: 'GET',
    hour: Math.floor(random() * 24),
    '?page': 1 + Math.floor(random() * 4),
    '$.id': Math.floor(random() * 1e9),
    '$.status': pick('open', 'paid', 'shipped', 'cancelled', 'returned'),
    '$.currency': pick('EUR', 'EUR', 'USD', 'JPY', 'GBP'),
    '$.total': Math.round(random() * 10_000) / 100,
    '$.vip': random() < 0.3,
    ...(random() < 0.6 ? { '$.note': pick('', 'gift') } : {}),
  }));
}

function found(isWrong: (facts: Facts) => boolean, count = 600): string[] | undefined {
  const all = orders(count, randomFrom(7));
  const correlation = correlate(
    all.filter(isWrong).slice(0, 100),
    all.filter((facts) => !isWrong(facts)).slice(0, 300),
  );
  return correlation?.conditions.map(describeCondition).toSorted();
}

function isYen(facts: Facts): boolean {
  return facts['$.currency'] === 'JPY';
}

function isMostlyYen(facts: Facts, index: number): boolean {
  return isYen(facts) && index % 12 !== 0;
}

function yes(count: number): Facts[] {
  return Array.from({ length: count }, () => ({ a: 1 }));
}

function no(count: number): Facts[] {
  return Array.from({ length: count }, () => ({ a: 2 }));
}

test.each<[string, (facts: Facts) => boolean, string[]]>([
  ['a value', (f) => f['$.currency'] === 'JPY', ['$.currency = JPY']],
  ['a number from somewhere on', (f) => Number(f['?page']) > 1, ['?page >= 2']],
  ['an hour from somewhere on', (f) => Number(f['hour']) >= 3, ['hour >= 3 (UTC)']],
  ['what is absent', (f) => !('$.note' in f), ['$.note is absent']],
  ['a truth', (f) => f['$.vip'] === true, ['$.vip = true']],
  ['one of some', (f) => f['$.status'] === 'paid' || f['$.status'] === 'open', ['$.status is one of open, paid']],
  ['all but one', (f) => f['$.currency'] !== 'EUR', ['$.currency is not EUR']],
  ['two at once', (f) => f['$.currency'] === 'USD' && f['$.vip'] === true, ['$.currency = USD', '$.vip = true']],
  [
    'a value and a range',
    (f) => f['$.status'] === 'paid' && Number(f['?page']) >= 3,
    ['$.status = paid', '?page >= 3'],
  ],
])('finds %s', (_, isWrong, conditions) => {
  expect(found(isWrong)).toEqual(conditions);
});

test('counts what it holds for, also where it is not all and not none', () => {
  const all = orders(800, randomFrom(3));
  const mismatches = all.filter(isMostlyYen).slice(0, 100);
  const matches = all.filter((facts, i) => !isMostlyYen(facts, i)).slice(0, 300);
  const correlation = correlate([...mismatches, ...matches.slice(0, 4)], matches.slice(4));
  expect(correlation).toMatchObject({
    conditions: [{ form: 'is', name: '$.currency', value: 'JPY' }],
    mismatches: 104,
    matches: 296,
  });
  expect(correlation?.mismatchesHeld).toBeGreaterThanOrEqual(100);
  expect(correlation?.matchesHeld).toBeGreaterThan(0);
  expect(correlation?.matchesHeld).toBeLessThan(20);
});

test('says which other facts would explain it as well', () => {
  const all = orders(400, randomFrom(5)).map((facts) => ({
    ...facts,
    '$.country': facts['$.currency'] === 'JPY' ? 'JP' : 'DE',
  }));
  const correlation = correlate(
    all.filter(isYen),
    all.filter((facts) => !isYen(facts)),
  );
  expect([...correlation!.conditions, ...correlation!.others].map(describeCondition).toSorted()).toEqual([
    '$.country = JP',
    '$.currency = JPY',
  ]);
});

test('says nothing of too few, of what nothing tells apart, and of what holds for most of what matches as well', () => {
  expect(correlate(yes(4), no(300))).toBeUndefined();
  expect(correlate(yes(100), no(9))).toBeUndefined();
  expect(correlate(yes(100), yes(300))).toBeUndefined();
  expect(correlate(yes(100), [...yes(100), ...no(200)])).toBeUndefined();
  expect(correlate(yes(5), no(10))).toBeUndefined();
  expect(correlate(yes(5), no(30))).toBeDefined();
});

test('what was left out is not taken for absent', () => {
  const noted = Array.from({ length: 50 }, (): Facts => ({ '$.note': 'x', '…': true }));
  const cut = Array.from({ length: 50 }, (): Facts => ({ '…': true }));
  expect(correlate(cut, noted)).toBeUndefined();
});

test('facts that have nothing to do with it give no predicate, at the rate that is promised', () => {
  const rounds = 1_000;
  let alarms = 0;
  for (let round = 0; round < rounds; round += 1) {
    const random = randomFrom(round);
    const all = orders(20 + Math.floor(random() * 120), random);
    const size = 5 + Math.floor(random() * (all.length - 15));
    if (correlate(all.slice(0, size), all.slice(size))) alarms += 1;
  }
  // The rate is a bound, and codes are seldom tight: none is what is seen. More than five of 1,000 would come by chance less than once in 1,000.
  expect(alarms).toBeLessThanOrEqual(5);
}, 60_000);

test('the same holds of rows, of which a few of an answer are taken, some that differ and some beside them', () => {
  let alarms = 0;
  for (let round = 0; round < 500; round += 1) {
    const random = randomFrom(10_000 + round);
    const answers = Array.from({ length: 40 + Math.floor(random() * 60) }, () => {
      const [answer, ...rows] = orders(6, random);
      const wrong = rows.filter(() => random() < 0.2);
      return { rows: rows.map((row) => ({ ...row, '?page': answer!['?page']! })), wrong: wrong.length };
    });
    const mismatches = answers.flatMap(({ rows, wrong }) => (wrong > 0 ? [rows[0]!] : []));
    // Beside a row that differs, and any row of an answer in which none does.
    const matches = answers.map(({ rows, wrong }) => (wrong > 0 ? rows[1]! : rows[0]!));
    if (correlate(mismatches, matches)) alarms += 1;
  }
  expect(alarms).toBeLessThanOrEqual(4);
}, 60_000);

test('whatever the facts are, what it says can be counted again', () => {
  const value = fc.oneof(fc.constantFrom(null, true, 'a', '1', ''), fc.integer({ min: -3, max: 3 }));
  const facts = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '…'), value);
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 60 }), fc.array(facts, { maxLength: 60 }), (mismatches, matches) => {
      const correlation = correlate(mismatches, matches);
      if (!correlation) return;
      expect(correlation.mismatchesHeld).toBeGreaterThanOrEqual(0.8 * mismatches.length);
      expect(correlation.matchesHeld).toBeLessThanOrEqual(0.25 * matches.length);
    }),
  );
});
