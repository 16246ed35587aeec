import { expect, test } from 'vitest';
import type { Told } from '../../../shadow/pairs/tell-of-stored.ts';
import { sumUpGroups, tellOf } from '../../../src/app/replay/group-outcomes.ts';
import type { ReplayResult } from '../../../src/app/replay/result.ts';
import type { Difference } from '../../../src/kernel/verdict.ts';
import type { PairGroup } from '../../../src/store/pair-store.ts';

const group: PairGroup = { id: '1', path: '$.items[*].total', kind: 'value', critical: false };

function result(more: Partial<ReplayResult>): ReplayResult {
  return {
    feature: 'orders',
    route: 'GET /orders/:id',
    question: 'GET /orders/1',
    verdict: 'match',
    reason: '',
    differences: [],
    legacyStatus: 200,
    legacyMs: 5,
    ...more,
  };
}

function at(path: string, kind: Difference['kind'] = 'value'): Difference {
  return { kind, path, at: path, legacy: '1', candidate: '2', critical: false };
}

function told(path: string, kind?: Difference['kind']): Told {
  return tellOf(group, 200, result({ verdict: 'mismatch', differences: [at(path, kind)] }));
}

function summed(...outcomes: Told[]): unknown {
  return sumUpGroups(outcomes.map((each) => ({ ...group, feature: 'orders', route: 'GET /', told: each })))[0];
}

test('a group is gone where both sides agree, and where they differ elsewhere', () => {
  for (const verdict of ['match', 'stale', 'raced'] as const) {
    expect(tellOf(group, 200, result({ verdict }))).toEqual({ outcome: 'gone' });
  }
  expect(told('$.name')).toEqual({ outcome: 'gone' });
  expect(told('header vary', 'header')).toEqual({ outcome: 'gone' });
});

test('it remains where the same place differs', () => {
  expect(told('$.items[*].total')).toEqual({ outcome: 'remains' });
});

test('a difference that hides the place tells nothing: of the status, of a place above, of a body without places', () => {
  const hidden = { outcome: 'undetermined', reason: 'differs-otherwise' };
  expect(told('status', 'status')).toEqual(hidden);
  expect(told('error timeout', 'error')).toEqual(hidden);
  expect(told('$.items[*]', 'missing')).toEqual(hidden);
  expect(told('$.items', 'type')).toEqual(hidden);
  expect(told('body', 'body')).toEqual(hidden);
});

test('that both agree tells nothing where legacy has another status than then, or no verdict was reached', () => {
  expect(tellOf(group, 200, result({ legacyStatus: 404 }))).toEqual({
    outcome: 'undetermined',
    reason: 'other-status',
  });
  const open = result({ verdict: 'undetermined', reason: 'fence-budget' });
  expect(tellOf(group, 200, open)).toEqual({ outcome: 'undetermined', reason: 'fence-budget' });
});

test('of several questions one that differs decides, and one that agrees is enough where no other tells anything', () => {
  const open = { outcome: 'undetermined', reason: 'personal-data' } as const;
  expect(summed({ outcome: 'gone' }, { outcome: 'remains' }, open)).toMatchObject({
    outcome: 'remains',
    gone: 1,
    remains: 1,
    undetermined: 1,
    reasons: ['personal-data'],
  });
  expect(summed({ outcome: 'gone' }, open)).toMatchObject({ outcome: 'gone' });
  expect(summed(open)).toMatchObject({ outcome: 'undetermined' });
});
