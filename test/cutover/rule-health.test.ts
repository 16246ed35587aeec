import { describe, expect, it } from 'vitest';
import { decideGate } from '../../src/cutover/decide-gate.ts';
import { legacyReads, shadowReads } from '../../src/cutover/read-phases.ts';
import { ruleFaults, type RuleHealth, type RuleOnRoute } from '../../src/cutover/rule-health.ts';
import { evidence, healthy, policy } from './gate-inputs.ts';

const etag: RuleHealth = {
  rule: 'ignore rule $.etag',
  route: 'GET /api/orders',
  expired: undefined,
  maxHidden: 0.05,
  routes: [],
};

function seen(hidden: number, known: number, unknown = 0): RuleHealth {
  const on: RuleOnRoute = { route: 'GET /api/orders', hidden, known, unknown };
  return { ...etag, routes: [on] };
}

const none = { exceeded: [], expired: [], unknown: [] };

describe('a rule that has expired', () => {
  const expired = { ...etag, expired: '2026-12-31' };

  it('is named with its route and its day', () => {
    expect(ruleFaults([expired])).toEqual({
      ...none,
      expired: ['the ignore rule $.etag of GET /api/orders expired on 2026-12-31'],
    });
    expect(ruleFaults([{ ...expired, route: undefined }]).expired).toEqual([
      'the ignore rule $.etag of all routes expired on 2026-12-31',
    ]);
  });

  it('fails the gate, and moves nobody back by itself', () => {
    const decision = decideGate({
      state: shadowReads,
      evidence: evidence({ match: 354 }),
      health: healthy,
      policy,
      rules: [expired],
    });
    expect(decision).toEqual({
      result: 'FAIL',
      reason: 'the ignore rule $.etag of GET /api/orders expired on 2026-12-31',
      progress: 0,
      remaining: undefined,
      blockers: ['the ignore rule $.etag of GET /api/orders expired on 2026-12-31'],
      isOnlyOverdue: true,
    });
  });

  it('takes nothing from what else fails the gate', () => {
    const decision = decideGate({
      state: shadowReads,
      evidence: evidence({ match: 354 }, { critical: 1 }),
      health: healthy,
      policy,
      rules: [expired],
    });
    expect(decision).toMatchObject({ result: 'FAIL', reason: '1 critical difference' });
    expect(decision.blockers).toHaveLength(2);
    expect(decision.isOnlyOverdue).toBeUndefined();
  });

  it('keeps nobody from comparing', () => {
    const input = { state: legacyReads, evidence: evidence({}), health: healthy, policy, rules: [expired] };
    expect(decideGate(input).result).toBe('PASS');
  });
});

describe('a cap', () => {
  it('is exceeded by more than its share of the answers', () => {
    expect(ruleFaults([seen(10, 200)])).toEqual(none);
    expect(ruleFaults([seen(11, 200)])).toEqual({
      ...none,
      exceeded: ['the ignore rule $.etag hid a difference in 11 of 200 answers of GET /api/orders (limit 5 %)'],
    });
  });

  it('is taken of a hundred answers until there are as many', () => {
    expect(ruleFaults([seen(1, 1)])).toEqual(none);
    expect(ruleFaults([seen(5, 5)])).toEqual(none);
    expect(ruleFaults([seen(6, 6)]).exceeded).toHaveLength(1);
  });

  it('of 0 is exceeded by the first', () => {
    expect(ruleFaults([{ ...seen(1, 1_000), maxHidden: 0 }]).exceeded).toHaveLength(1);
    expect(ruleFaults([{ ...seen(0, 1_000), maxHidden: 0 }])).toEqual(none);
  });

  it('of 1 is none', () => {
    expect(ruleFaults([{ ...seen(1_000, 1_000, 1_000), maxHidden: 1 }])).toEqual(none);
  });

  it('that is exceeded fails the gate, and reads go back where users are served', () => {
    const state = { phase: 'canary', percent: 5 } as const;
    const decision = decideGate({
      state,
      evidence: evidence({ match: 354 }),
      health: healthy,
      policy,
      rules: [seen(50, 100)],
    });
    expect(decision.result).toBe('FAIL');
    expect(decision.isOnlyOverdue).toBeUndefined();
  });

  it('holds the gate while what was hidden is not known of too many answers', () => {
    expect(ruleFaults([seen(2, 150, 4)])).toEqual(none);
    expect(ruleFaults([seen(4, 100, 20)])).toEqual({
      ...none,
      unknown: ['what the ignore rule $.etag hid in 20 answers of GET /api/orders is not known (limit 5 %)'],
    });
    const input = { state: shadowReads, evidence: evidence({ match: 354 }), health: healthy, policy };
    expect(decideGate({ ...input, rules: [seen(4, 100, 20)] }).result).toBe('INCONCLUSIVE');
  });
});
