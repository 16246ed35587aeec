import { describe, expect, test } from 'vitest';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import { RouteComparers } from '../../shadow/route-comparers.ts';
import type { CompareRules } from '../../src/config/compare-rules.ts';
import { normalizeCompareRules } from '../../src/config/normalize-compare-rules.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { testRedactor } from './arbitraries.ts';

function answer(body: unknown, headers: readonly string[] = [], status = 200): HttpAnswer {
  return { status, headers: ['Content-Type', 'application/json', ...headers], body: Buffer.from(JSON.stringify(body)) };
}

function comparersOf(rules: CompareRules): RouteComparers {
  return new RouteComparers(normalizeCompareRules(rules), testRedactor);
}

function comparerOf(rules: CompareRules): AnswerComparer {
  return new AnswerComparer(normalizeCompareRules(rules), testRedactor);
}

describe('comparers of a feature', () => {
  const comparers = comparersOf({
    ignore: ['$.at'],
    routes: { 'GET /orders': { ignore: ['$.took'], headers: ['Vary'], redact: ['$.who'] } },
  });
  const [one, other] = [answer({ at: 1, took: 1 }), answer({ at: 2, took: 2 })];

  function isSameEvidence(route: string): boolean {
    return comparers.of(route).digest(one).equals(comparers.of(route).digest(other));
  }

  test('a route with rules of its own is compared under these and the feature’s', () => {
    expect(comparers.of('GET /orders').compare(one, other)).toEqual({ outcome: 'equal' });
    expect(comparers.of('GET /orders/:id').compare(one, other)).toMatchObject({ differences: [{ at: '$.took' }] });
    const varying = answer({ at: 1, took: 1 }, ['Vary', 'Accept']);
    expect(comparers.of('GET /orders').compare(one, varying)).toMatchObject({ differences: [{ path: 'header vary' }] });
    expect(comparers.of('GET /orders/:id').compare(one, varying)).toEqual({ outcome: 'equal' });
    const found = comparers.of('GET /orders').compare(answer({ who: 'Ada' }), answer({ who: 'Bob' }));
    expect(JSON.stringify(found)).not.toMatch(/Ada|Bob/);
  });

  test('answers that differ in what only its route ignores are the same evidence there', () => {
    expect(isSameEvidence('GET /orders')).toBe(true);
    expect(isSameEvidence('GET /orders/:id')).toBe(false);
  });

  test('each is made once', () => {
    expect(comparers.of('GET /orders')).toBe(comparers.of('GET /orders'));
    expect(comparers.of('GET /a')).toBe(comparers.of('GET /b'));
    // With conditions it is a route by another name, under the same rules.
    expect(comparers.of('GET /orders [?page=1]').compare(one, other)).toEqual({ outcome: 'equal' });
  });

  test('a path that cannot be read is found at once', () => {
    expect(() => comparersOf({ routes: { 'GET /a': { ignore: ['$['] } } })).toThrow(SyntaxError);
    expect(() => comparersOf({ map: { '$.a': '$.a.b' } })).toThrow(SyntaxError);
  });
});

describe('what rules hid in two answers', () => {
  const comparer = comparerOf({ ignore: ['$.at'], map: { '$.name': '$.who.name' } });

  test('is nothing where the bytes are the same, the status differs or there are no paths', () => {
    const text = (body: string): HttpAnswer => ({
      ...answer(0),
      headers: ['Content-Type', 'text/plain'],
      body: Buffer.from(body),
    });
    expect(comparer.hiddenIn(answer({ at: 1 }), answer({ at: 1 }))).toEqual([]);
    expect(comparer.hiddenIn(answer({ at: 1 }), answer({ at: 2 }, [], 404))).toEqual([]);
    expect(comparer.hiddenIn(text('a'), text('b'))).toEqual([]);
  });

  test('is what stands elsewhere, where only one side has the old form', () => {
    const [before, now] = [{ name: 'Ada' }, { who: { name: 'Ada' } }];
    expect(comparer.hiddenIn(answer(before), answer(now))).toEqual(['map $.name']);
    expect(comparer.hiddenIn(answer(before), answer({ n: 1, ...before }))).toEqual([]);
    expect(comparer.hiddenIn(answer({ ...before, at: 1 }), answer({ ...now, at: 2 }))).toEqual([
      'map $.name',
      'ignore $.at',
    ]);
  });
});

test('what is moved out of something personal or critical stays so', () => {
  const rules: CompareRules = { map: { '$.person.name': '$.name' }, redact: ['$.person'], critical: ['$.person'] };
  const found = comparerOf(rules).compare(
    answer({ person: { name: 'Ada', n: 1 } }),
    answer({ person: { n: 1 }, name: 'Bob' }),
  );
  expect(found).toMatchObject({ critical: true, differences: [{ at: '$.name', critical: true }] });
  expect(JSON.stringify(found)).not.toMatch(/Ada|Bob/);
});
