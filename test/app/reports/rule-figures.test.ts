import { expect, test } from 'vitest';
import { ruleFigures, ruleHealth } from '../../../src/app/reports/rule-figures.ts';
import { normalizeCompareRules } from '../../../src/config/normalize-compare-rules.ts';

const lastSeen = new Date(5_000);
const hiddenOn = (route: string, rules: Record<string, number>, known = 10) => ({
  route,
  known,
  unknown: 1,
  rules: new Map(Object.entries(rules).map(([id, answers]) => [id, { answers, lastSeen }])),
});

const compare = normalizeCompareRules({
  ignore: [{ path: '$.at', expires: '2026-12-31', maxHidden: 0.5 }],
  tolerance: { '$.n': 1 },
  routes: { 'GET /b': { ignore: ['$.at'] } },
});
const routes = ['GET /a', 'GET /b', 'GET /never'];
const seen = [hiddenOn('GET /a', { 'ignore $.at': 3 }), hiddenOn('GET /b', { 'ignore $.at': 7, 'tolerance $.n': 2 })];
const endOfDay = Date.UTC(2027, 0, 1);

test('a rule of the feature counts on all routes but those where another one took its place', () => {
  const [forAll, tolerance, forB] = ruleFigures(compare, routes, seen, endOfDay - 1);
  expect(forAll!.routes).toEqual([{ route: 'GET /a', known: 10, unknown: 1, hidden: 3, lastSeen }]);
  expect(forB!.routes).toEqual([{ route: 'GET /b', known: 10, unknown: 1, hidden: 7, lastSeen }]);
  expect(tolerance!.routes.map(({ route, hidden }) => [route, hidden])).toEqual([
    ['GET /a', 0],
    ['GET /b', 2],
  ]);
});

test('a rule expires with the end of its day in UTC', () => {
  const expired = (now: number): boolean[] => ruleFigures(compare, routes, seen, now).map(({ isExpired }) => isExpired);
  expect(expired(endOfDay - 1)).toEqual([false, false, false]);
  expect(expired(endOfDay)).toEqual([true, false, false]);
  expect(ruleHealth(ruleFigures(compare, routes, seen, endOfDay)[0]!)).toMatchObject({
    rule: 'ignore rule $.at',
    route: undefined,
    expired: '2026-12-31',
    maxHidden: 0.5,
  });
});
