import { expect, test } from 'vitest';
import { proposeRule, ruleWarning } from '../../../src/app/findings/propose-rule.ts';
import { suspectCause } from '../../../src/app/findings/suspect-cause.ts';

const seen = [
  ...Array.from({ length: 19 }, (_, i) => ({ legacy: `${i}.234`, candidate: `${i}.23` })),
  { legacy: '5', candidate: '9.99' },
];
const cause = suspectCause({ path: '$.total', kind: 'value' }, seen);

test('a proposed rule says what it would hide of what was looked at, and of all answers by that share', () => {
  expect(proposeRule(cause, { critical: false, count: 4_000 }, seen)).toEqual({
    rule: "tolerance: { '$.total': 0.005 }",
    hides: 19,
    of: 20,
    preview: 'would hide 19 of 20 looked at, so about 3,800 of 4,000 answers',
    warning: ruleWarning,
  });
  expect(proposeRule(cause, { critical: false, count: 20 }, seen)?.preview).toBe('would hide 19 of 20 answers');
});

test('no rule is proposed for a critical group, without a cause that has one, or when it would hide nothing', () => {
  expect(proposeRule(cause, { critical: true, count: 20 }, seen)).toBeUndefined();
  expect(proposeRule(undefined, { critical: false, count: 20 }, seen)).toBeUndefined();
  expect(proposeRule(cause, { critical: false, count: 20 }, seen.slice(19))).toBeUndefined();
});

test('what is redacted is not promised to be hidden', () => {
  const hashed = { legacy: '"<redacted:0123456789ab>"', candidate: '"<redacted:0123456789ac>"' };
  expect(proposeRule(cause, { critical: false, count: 2 }, [seen[0]!, hashed])).toMatchObject({ hides: 1, of: 2 });
});

test('a rule whose effect no single pair tells says so', () => {
  const rows = [{ legacy: '1', candidate: '7' }];
  const rule = proposeRule(
    suspectCause({ path: '$.rows[*].id', kind: 'value' }, rows),
    { critical: false, count: 1 },
    rows,
  );
  expect(rule).toMatchObject({ rule: "keyed: { '$.rows': 'id' }", hides: undefined });
  expect(rule?.preview).toContain('cannot be told');
});
