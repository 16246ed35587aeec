import { expect, test } from 'vitest';
import { proposeRule, ruleWarning } from '../../../shadow/findings/propose-rule.ts';
import { suspectCause } from '../../../shadow/findings/suspect-cause.ts';
import type { CompareRules } from '../../../src/config/compare-rules.ts';
import { groundOf } from './stored-ground.ts';

const seen = [
  ...Array.from({ length: 19 }, (_, i) => ({ legacy: `${i}.234`, candidate: `${i}.23` })),
  { legacy: '5', candidate: '9.99' },
];
const place = { route: 'GET /orders', path: '$.total', critical: false };
const nothingStored = groundOf([]);
const cause = suspectCause({ path: '$.total', kind: 'value' }, seen);

test('a proposed rule says what it would hide of what was looked at, and of all answers by that share', () => {
  expect(proposeRule(cause, { ...place, count: 4_000 }, seen, nothingStored)).toEqual({
    rule: "tolerance: { '$.total': 0.005 }",
    hides: 19,
    of: 20,
    trial: { pairs: 0, hidden: 0, unknown: 0, also: [] },
    preview: 'would hide 19 of 20 looked at, so about 3,800 of 4,000 answers; no stored pair to try it on',
    warning: ruleWarning,
  });
  expect(proposeRule(cause, { ...place, count: 20 }, seen, nothingStored)?.preview).toContain(
    'would hide 19 of 20 answers;',
  );
});

test('no rule is proposed for a critical group, without a cause that has one, or when it would hide nothing', () => {
  expect(proposeRule(cause, { ...place, critical: true, count: 20 }, seen, nothingStored)).toBeUndefined();
  expect(proposeRule(undefined, { ...place, count: 20 }, seen, nothingStored)).toBeUndefined();
  expect(proposeRule(cause, { ...place, count: 20 }, seen.slice(19), nothingStored)).toBeUndefined();
});

test('what is redacted is not promised to be hidden', () => {
  const hashed = { legacy: '"<redacted:0123456789ab>"', candidate: '"<redacted:0123456789ac>"' };
  expect(proposeRule(cause, { ...place, count: 2 }, [seen[0]!, hashed], nothingStored)).toMatchObject({
    hides: 1,
    of: 2,
  });
});

test('a rule whose effect no single pair tells says so', () => {
  const rows = [{ legacy: '1', candidate: '7' }];
  const rule = proposeRule(
    suspectCause({ path: '$.rows[*].id', kind: 'value' }, rows),
    { ...place, path: '$.rows[*].id', count: 1 },
    rows,
    nothingStored,
  );
  expect(rule).toMatchObject({ rule: "keyed: { '$.rows': 'id' }", hides: undefined });
  expect(rule?.preview).toContain('cannot be told');
});

const totals = [
  [1.234, 1.23],
  [2.345, 2.35],
  [3.5, 9.99],
].map(([legacy, candidate]) => ({ legacy: { total: legacy }, candidate: { total: candidate } }));
const hidden = (rows: readonly { legacy: object; candidate: object }[], compare: CompareRules = {}) =>
  proposeRule(cause, { ...place, count: 20 }, seen, groundOf(rows, compare));

test('a rule is tried on stored pairs by the engine, which says what it would hide there', () => {
  expect(hidden(totals)).toMatchObject({
    trial: { pairs: 3, hidden: 2, unknown: 0, also: [] },
    preview: 'would hide 19 of 20 answers; tried on 3 stored pairs it hid 2',
  });
});

test('other places that it hides are named, those of other routes with their route', () => {
  const lists = [{ legacy: [{ id: 1 }, { id: 2 }], candidate: [{ id: 2 }, { id: 1 }] }];
  const order = suspectCause({ path: '$', kind: 'order' }, [
    { legacy: '[{"id":1},{"id":2}]', candidate: '[{"id":2},{"id":1}]' },
  ]);
  const group = { route: 'GET /orders', path: '$', critical: false, count: 1 };
  const ground = groundOf([...lists, ...lists.map((pair) => ({ ...pair, route: 'GET /items' }))]);
  expect(proposeRule(order, group, [{ legacy: '[]', candidate: '[]' }], ground)).toMatchObject({
    rule: "keyed: { '$': 'id' }",
    trial: { pairs: 1, hidden: 1, also: [{ route: 'GET /items', path: '$', pairs: 1 }] },
    preview: 'would hide 1 of 1 answers; tried on 1 stored pair it hid 1, and also $ of GET /items in 1',
  });
});

test('one that the engine finds to hide nothing is not proposed, whatever single values promise', () => {
  expect(hidden(totals.slice(2))).toBeUndefined();
});

test('what cannot be seen in stored hashes is said to be unknown, and not to be hidden', () => {
  const long = [{ legacy: { total: 1234567.891 }, candidate: { total: 1234567.89 } }];
  expect(hidden(long)).toMatchObject({ trial: { pairs: 1, hidden: 0, unknown: 1 } });
  expect(hidden(long)?.preview).toContain('tried on 1 stored pair it hid 0, and 1 cannot tell');
});

test('one that a config would be refused for is not proposed', () => {
  const generated = Array.from({ length: 4 }, (_, i) => ({
    legacy: `"${i}${'a'.repeat(20)}"`,
    candidate: `"${i}${'b'.repeat(20)}"`,
  }));
  const token = suspectCause({ path: '$.items[*].token', kind: 'value' }, generated);
  const group = { ...place, path: '$.items[*].token', count: 4 };
  expect(proposeRule(token, group, generated, groundOf([]))).toMatchObject({ rule: "ignore: ['$.items[*].token']" });
  expect(proposeRule(token, group, generated, groundOf([], { critical: ['$.items[0].token'] }))).toBeUndefined();
});
