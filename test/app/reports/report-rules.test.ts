import { expect, test } from 'vitest';
import { reportRules } from '../../../src/app/reports/report-rules.ts';
import { ruleFigures, ruleHealth } from '../../../src/app/reports/rule-figures.ts';
import { ruleFaults } from '../../../src/cutover/rule-health.ts';
import { noCompareRules } from '../../shadow/arbitraries.ts';

const none = { headers: [] };

test('tokens that are not compared, and a cache that is waited for, are rules in force like others', () => {
  expect(reportRules([], { ...none, cursors: { '$.next': 'cursor' }, legacyCache: { '*': 60_000 } })).toEqual([
    { rule: 'cursors', where: '$.next', detail: 'a token, asked with as cursor' },
    { rule: 'cache', where: '*', detail: 'of legacy, 60 s' },
  ]);
  expect(reportRules([], none)).toEqual([]);
});

test('of rules that guard something it is told where they fit, which is held against no cap', () => {
  const compare = {
    ...noCompareRules,
    redact: ['$.person', '$.persn'],
    owner: [{ path: '$.customer_id', maxHidden: 0.01 }],
    headers: [],
  };
  const seen = new Map([
    ['redact $.person', { answers: 90, lastSeen: new Date(0) }],
    ['owner $.customer_id', { answers: 90, lastSeen: new Date(0) }],
  ]);
  const routes = [{ route: 'GET /people', known: 200, unknown: 0, rules: seen }];
  const figures = ruleFigures(compare, ['GET /people'], routes, 0);
  expect(reportRules(figures, compare)).toMatchObject([
    { rule: 'owner', where: '$.customer_id', fits: { answers: 90, compared: 200 } },
    { rule: 'redact', where: '$.person', fits: { answers: 90, compared: 200 } },
    { rule: 'redact', where: '$.persn', fits: { answers: 0, compared: 200 } },
  ]);
  expect(ruleFaults(figures.map(ruleHealth))).toEqual({ exceeded: [], expired: [], unknown: [] });
  expect(reportRules(ruleFigures(compare, ['GET /people'], [], 0), compare)[1]).not.toHaveProperty('fits');
});
