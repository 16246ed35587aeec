import { expect, test } from 'vitest';
import { reportRules } from '../../src/app/report-rules.ts';

const none = { headers: [] };

test('tokens that are not compared, and a cache that is waited for, are rules in force like others', () => {
  expect(reportRules([], { ...none, cursors: { '$.next': 'cursor' }, legacyCache: { '*': 60_000 } })).toEqual([
    { rule: 'cursors', where: '$.next', detail: 'a token, asked with as cursor' },
    { rule: 'cache', where: '*', detail: 'of legacy, 60 s' },
  ]);
  expect(reportRules([], none)).toEqual([]);
});
