import { expect, test } from 'vitest';
import { expiringRules, startExpiryWatch } from '../../../src/app/reports/expiring-rules.ts';
import { normalizeCompareRules } from '../../../src/config/normalize-compare-rules.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { until } from '../../support/until.ts';

const compare = normalizeCompareRules({
  ignore: [{ path: '$.at', expires: '2026-12-31' }, '$.never'],
  routes: { 'GET /a': { unordered: [{ path: '$.tags', expires: '2026-12-20T12:00:00Z' }] } },
});
const features = [{ name: 'orders', compare }];
const day = 86_400_000;
/** A day is over at its end. */
const end = Date.UTC(2027, 0, 1);

test('a rule is told fourteen days before it expires, until it has, the first to expire first', () => {
  expect(expiringRules(features, Date.UTC(2026, 10, 1))).toEqual([]);
  expect(expiringRules(features, Date.UTC(2026, 11, 19))).toEqual([
    { feature: 'orders', rule: 'unordered $.tags', route: 'GET /a', expires: '2026-12-20T12:00:00Z', daysLeft: 1 },
    { feature: 'orders', rule: 'ignore $.at', route: undefined, expires: '2026-12-31', daysLeft: 13 },
  ]);
  expect(expiringRules(features, end - 14 * day).map(({ daysLeft }) => daysLeft)).toContain(14);
  expect(expiringRules(features, end - 1)).toMatchObject([{ rule: 'ignore $.at', daysLeft: 0 }]);
  expect(expiringRules(features, end)).toEqual([]);
});

test('the log says it at the start, and a watch that is stopped rests no longer', async () => {
  const warned: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => void warned.push(fields) };
  const watch = startExpiryWatch(features, log, () => end - day);
  await until('it is told', () => warned.length === 1);
  await watch.stop();
  expect(warned).toMatchObject([{ feature: 'orders', rule: 'ignore $.at', expires: '2026-12-31', daysLeft: 1 }]);
});
