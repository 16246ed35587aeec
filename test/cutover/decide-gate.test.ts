import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideGate, type GateInput } from '../../src/cutover/decide-gate.ts';
import { legacyReads, liveReads, shadowReads } from '../../src/cutover/read-phases.ts';
import { evidence, healthy, policy } from './gate-inputs.ts';

const enough = evidence({ match: 354 });
const decide = (input: Partial<GateInput>) =>
  decideGate({ state: shadowReads, evidence: enough, health: healthy, policy, ...input });

describe('the proof', () => {
  it('holds while there is too little, and says how much is missing', () => {
    expect(decide({ evidence: evidence({}) })).toEqual({
      result: 'INCONCLUSIVE',
      reason: '0 of 354 clean comparisons so far: 354 more needed',
      progress: 0,
      remaining: 354,
      blockers: ['0 of 354 clean comparisons so far: 354 more needed'],
    });
    expect(decide({ evidence: evidence({ match: 353 }) }).reason).toBe(
      '353 of 354 clean comparisons so far: 1 more needed',
    );
  });

  it('passes at the count that the formula gives', () => {
    expect(decide({})).toEqual({
      result: 'PASS',
      reason: '354 comparisons agree: fewer than 1 % differ, with 95 % confidence',
      progress: 1,
      remaining: 0,
      blockers: [],
    });
    const strict = { ...policy, maxMismatchRate: 0.001 };
    expect(decide({ policy: strict, evidence: evidence({ match: 3_555 }) }).result).toBe('INCONCLUSIVE');
    expect(decide({ policy: strict, evidence: evidence({ match: 3_556 }) }).result).toBe('PASS');
    expect(decide({ policy: strict, evidence: evidence({ match: 6_491, mismatch: 1 }) }).reason).toBe(
      '6,491 of 6,492 comparisons agree: fewer than 0.1 % differ, with 95 % confidence',
    );
  });

  it('holds while a route is in quarantine, and names it', () => {
    const health = { ...healthy, quarantined: ['GET /x seems to write to legacy: table public.view_log'] };
    expect(decide({ health })).toMatchObject({ result: 'INCONCLUSIVE', reason: health.quarantined[0] });
  });

  it('says which share was looked at', () => {
    const health = { ...healthy, sample: '10 % of visitors' };
    expect(decide({ health }).reason).toBe(
      '354 comparisons in 10 % of visitors agree: fewer than 1 % differ, with 95 % confidence',
    );
    expect(decide({ health, evidence: evidence({ match: 353 }) }).reason).toBe(
      '353 of 354 clean comparisons so far in 10 % of visitors: 1 more needed',
    );
  });

  it('counts a candidate that failed to answer as one that answered wrongly', () => {
    const failed = decide({ evidence: evidence({ match: 354, error: 1 }) });
    expect(failed).toMatchObject({ result: 'INCONCLUSIVE' });
    expect(failed.reason).toMatch(
      /^1 of 355 answers differ or failed \(0\.2817 %, limit 1 %\); \d+ more needed that agree$/,
    );
  });

  it('takes no verdict that admits ignorance for proof', () => {
    const ignorance = { stale: 9_999, raced: 9_999, undetermined: 9_999, skipped: 9_999 };
    expect(decide({ evidence: evidence(ignorance) })).toMatchObject({ result: 'INCONCLUSIVE', remaining: 354 });
  });

  it('names the difference that is most frequent', () => {
    const { reason, result } = decide({
      evidence: evidence({ match: 468, mismatch: 12 }),
      topDifference: '$.total of GET /api/orders/:id',
    });
    expect(result).toBe('INCONCLUSIVE');
    expect(reason).toMatch(
      /^12 of 480 answers differ \(2\.5 %, limit 1 %\): most often \$\.total of GET \/api\/orders\/:id; [\d,]+ more/,
    );
  });
});

describe('failing', () => {
  it('fails when harm is proven', () => {
    const decision = decide({ evidence: evidence({ match: 420, mismatch: 60 }), topDifference: '$.total' });
    expect(decision).toMatchObject({ result: 'FAIL', progress: 0, remaining: undefined });
    expect(decision.reason).toBe('60 of 480 answers differ (12.5 %, limit 1 %): most often $.total');
  });

  it('fails at one critical difference, however much agrees, and names it', () => {
    const decision = decide({
      evidence: evidence({ match: 1_000_000, mismatch: 1 }, { critical: 1 }),
      topDifference: 'status of GET /api/orders/:id, legacy 403, candidate 200',
    });
    expect(decision.result).toBe('FAIL');
    expect(decision.reason).toBe('1 critical difference: status of GET /api/orders/:id, legacy 403, candidate 200');
  });

  it('fails before it holds, so that nothing pending keeps users with a bad candidate', () => {
    const decision = decide({
      state: liveReads,
      health: { readModelReady: false, lagSeconds: undefined, captureError: 'no slot' },
      evidence: evidence({ mismatch: 50 }, { uncovered: [{ route: 'GET /x', shape: '2xx', seen: 1 }] }),
    });
    expect(decision.result).toBe('FAIL');
    expect(decision.blockers).toHaveLength(6);
  });
});

describe('holding', () => {
  it.each<[string, Partial<GateInput>, string]>([
    [
      'a read model that is not ready',
      { health: { readModelReady: false, readModelReason: 'order_summary is 40 % built', lagSeconds: 0 } },
      'order_summary is 40 % built',
    ],
    [
      'a lag that is unknown',
      { health: { readModelReady: true, lagSeconds: undefined } },
      'how far the read model is behind legacy is not known',
    ],
    [
      'a lag above its bound',
      { health: { ...healthy, lagSeconds: 7.25 } },
      'the read model is 7.25 s behind legacy (limit 5 s)',
    ],
    [
      'a lag that is no number',
      { health: { ...healthy, lagSeconds: Number.NaN } },
      'the read model is NaN s behind legacy (limit 5 s)',
    ],
    [
      'a capture that is down',
      { health: { ...healthy, captureError: 'slot fig is gone' } },
      'changes are not captured: slot fig is gone',
    ],
    [
      'requests never compared',
      {
        evidence: evidence(
          { match: 354 },
          {
            uncovered: [
              { route: 'GET /api/orders', shape: '2xx page', seen: 9 },
              { route: 'GET /api/orders/:id', shape: '4xx', seen: 2 },
            ],
          },
        ),
      },
      'GET /api/orders (2xx page) has no comparison yet, nor have 1 other kinds of request',
    ],
    [
      'a candidate that is slow',
      { evidence: evidence({ match: 354 }, { legacyP95Ms: 50, candidateP95Ms: 120 }) },
      "the candidate's 95th percentile is 120 ms, 2.4 times legacy's 50 ms (limit 1.5 times)",
    ],
  ])('holds for %s', (_what, input, reason) => {
    expect(decide(input)).toMatchObject({
      result: 'INCONCLUSIVE',
      reason,
      progress: 1,
      remaining: 0,
      blockers: [reason],
    });
  });

  it('holds for a kind of request that never agreed, however much else does', () => {
    const neverAgreed = [{ route: 'GET /api/orders', shape: '2xx ?export', compared: 2 }];
    expect(decide({ evidence: evidence({ match: 1_000_000, mismatch: 2 }, { neverAgreed }) })).toMatchObject({
      result: 'INCONCLUSIVE',
      reason: 'GET /api/orders (2xx ?export) agreed in none of 2 comparisons',
    });
  });

  it('tells kinds of request that never agreed in one sentence, by the one most was asked of', () => {
    const kinds = ['2xx ?q', '2xx ?export', '2xx ?sort'].map((shape, n) => ({
      route: 'GET /api/orders',
      shape,
      compared: n + 1,
    }));
    const blockersOf = (count: number): readonly string[] =>
      decide({ evidence: evidence({ match: 1_000_000, mismatch: 2 }, { neverAgreed: kinds.slice(0, count) }) })
        .blockers;
    expect(blockersOf(1)).toEqual(['GET /api/orders (2xx ?q) did not agree in its only comparison']);
    expect(blockersOf(2)).toEqual([
      'GET /api/orders (2xx ?export) agreed in none of 2 comparisons, nor did 1 other kind of requests',
    ]);
    expect(blockersOf(3)).toEqual([
      'GET /api/orders (2xx ?sort) agreed in none of 3 comparisons, nor did 2 other kinds of requests',
    ]);
  });

  it('holds for a route that is wrong again and again, although few ask for it', () => {
    const routes = [
      { route: 'GET /api/orders', matches: 1_000_000, mismatches: 0 },
      { route: 'GET /api/refunds', matches: 5, mismatches: 8 },
    ];
    expect(decide({ evidence: evidence({ match: 1_000_005, mismatch: 8 }, { routes }) })).toMatchObject({
      result: 'INCONCLUSIVE',
      reason: '8 of 13 answers of GET /api/refunds differ (limit 1 %)',
    });
  });

  it('does not hold for a few that differ on a route that mostly agrees', () => {
    const routes = [
      { route: 'GET /api/orders', matches: 10_000, mismatches: 0 },
      { route: 'GET /api/refunds', matches: 1_000, mismatches: 3 },
    ];
    expect(decide({ evidence: evidence({ match: 11_000, mismatch: 3 }, { routes }) }).result).toBe('PASS');
  });

  it('holds until answers agree that are no refusals', () => {
    expect(decide({ evidence: evidence({ match: 100_054 }, { refusals: 100_000 }) })).toMatchObject({
      result: 'INCONCLUSIVE',
      remaining: 300,
      reason: '54 of 354 clean comparisons so far, besides 100,000 refusals that agree: 300 more needed',
    });
    expect(decide({ evidence: evidence({ match: 100_354 }, { refusals: 100_000 }) }).result).toBe('PASS');
  });

  it('does not take users back for refusals that differ among many that agree', () => {
    const few = evidence({ match: 100_400, mismatch: 5 }, { refusals: 100_000 });
    expect(decide({ evidence: few, state: liveReads }).result).not.toBe('FAIL');
  });

  it('does not ask for latency below what anybody notices, nor when a side is not known', () => {
    for (const [legacyP95Ms, candidateP95Ms] of [
      [1, 50],
      [undefined, 900],
      [10, undefined],
      [100, 150],
    ]) {
      expect(decide({ evidence: evidence({ match: 354 }, { legacyP95Ms, candidateP95Ms }) }).result).toBe('PASS');
    }
  });

  it('asks nothing but a read model before comparing begins', () => {
    const state = legacyReads;
    expect(
      decide({ state, evidence: evidence({}), health: { readModelReady: true, lagSeconds: undefined } }).result,
    ).toBe('PASS');
    expect(decide({ state, health: { readModelReady: false, lagSeconds: 0 } })).toMatchObject({
      result: 'INCONCLUSIVE',
      reason: 'the read model is not ready',
      remaining: undefined,
    });
  });
});

it('passes only without a blocker, and its reason is always the first one', () => {
  const verdicts = fc.record({ match: fc.nat(20_000), mismatch: fc.nat(40), error: fc.nat(3) });
  const rest = fc.record({
    critical: fc.constantFrom(0, 0, 0, 2),
    candidateP95Ms: fc.option(fc.nat(500), { nil: undefined }),
    legacyP95Ms: fc.option(fc.nat(500), { nil: undefined }),
  });
  const health = fc.record({
    readModelReady: fc.boolean(),
    lagSeconds: fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(verdicts, rest, health, (counts, more, state) => {
      const decision = decide({ evidence: evidence(counts, more), health: state });
      expect(decision.result === 'PASS').toBe(decision.blockers.length === 0);
      expect(decision.blockers[0] ?? decision.reason).toBe(decision.reason);
      expect(decision.progress).toBeGreaterThanOrEqual(0);
      expect(decision.progress).toBeLessThanOrEqual(1);
      expect(decision.reason).not.toMatch(/NaN|undefined|Infinity/);
      expect(decision.remaining === undefined).toBe(decision.result === 'FAIL');
      expect(decision.remaining ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('dead letters hold the gate in every step that is compared, and do not keep a feature from being compared', () => {
  const health = { ...healthy, deadLetters: 2 };
  const clean = evidence({ match: 500 });
  for (const state of [
    { phase: 'shadow', percent: 0 },
    { phase: 'canary', percent: 5 },
  ] as const) {
    expect(decideGate({ state, evidence: clean, health, policy })).toMatchObject({
      result: 'INCONCLUSIVE',
      reason: '2 dead letters keep the read model from being complete (fig dead-letters list)',
    });
    expect(decideGate({ state, evidence: clean, health: { ...health, deadLetters: 0 }, policy }).result).toBe('PASS');
  }
  const state = { phase: 'legacy', percent: 0 } as const;
  expect(decideGate({ state, evidence: clean, health, policy }).result).toBe('PASS');
});
