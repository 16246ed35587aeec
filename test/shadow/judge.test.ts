import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerComparer, type Comparison } from '../../shadow/compare-answers.ts';
import { defaultJudgeLimits, judge, type Judgement, type JudgePorts } from '../../shadow/judge.ts';
import type { CandidateResult } from '../../src/kernel/candidate.ts';
import type { Exchange, HttpAnswer } from '../../src/kernel/exchange.ts';
import type { Position } from '../../src/kernel/position.ts';
import { seededRandom } from '../faults/history.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';

const clock = { now: () => 1_000 };
const comparer = new AnswerComparer(noCompareRules, testRedactor);
const compare = (legacy: HttpAnswer, candidate: HttpAnswer): Comparison => comparer.compare(legacy, candidate);

function answer(value: unknown, status = 200): HttpAnswer {
  return { status, headers: ['content-type', 'application/json'], body: Buffer.from(JSON.stringify(value)) };
}

function exchange(more: Partial<Exchange> = {}): Exchange {
  return {
    id: 'x',
    feature: 'orders',
    route: 'GET /orders/:id',
    params: { id: '1' },
    reads: { phase: 'shadow', percent: 0 },
    question: { method: 'GET', target: '/orders/1', headers: [] },
    answer: answer('v0'),
    servedBy: 'legacy',
    askedAt: 0,
    tookMs: 5,
    ...more,
  };
}

/**
 * A register whose versions are counted by the log position. Legacy answers from the newest, the candidate from the one
 * that is applied. Between and during all calls time passes as `script` says.
 */
class Register {
  committed = 0n;
  applied = 0n;
  readonly calls: string[] = [];
  readonly #script: Iterator<Tick>;
  readonly #valueOf: (version: bigint) => unknown;
  readonly #candidateValueOf: (version: bigint) => unknown;

  constructor(
    script: Iterable<Tick>,
    valueOf: (version: bigint) => unknown,
    candidateValueOf: (version: bigint) => unknown = valueOf,
  ) {
    this.#script = script[Symbol.iterator]();
    this.#valueOf = valueOf;
    this.#candidateValueOf = candidateValueOf;
  }

  readonly ports: JudgePorts = {
    askLegacy: async () => ({ ok: true, answer: this.legacy(), tookMs: 1 }),
    askCandidate: async () => ({ ok: true, answer: this.candidate(), tookMs: 1 }),
    readSourcePosition: async (): Promise<Position> => {
      this.#pass();
      const position = this.committed;
      this.#pass();
      return position;
    },
    waitApplied: async (position) => {
      this.calls.push('wait');
      const { gaveUp } = this.#pass();
      if (this.applied < position && gaveUp) return false;
      if (this.applied < position) this.applied = position;
      this.#pass();
      return true;
    },
    compare,
  };

  legacy(): HttpAnswer {
    this.calls.push('legacy');
    this.#pass();
    const given = answer(this.#valueOf(this.committed));
    this.#pass();
    return given;
  }

  candidate(): HttpAnswer {
    this.calls.push('candidate');
    this.#pass();
    const given = answer(this.#candidateValueOf(this.applied));
    this.#pass();
    return given;
  }

  #pass(): Tick {
    const next = this.#script.next();
    const tick = next.done ? { writes: 0, applies: 0, gaveUp: false } : next.value;
    this.committed += BigInt(tick.writes);
    const behind = this.committed - this.applied;
    this.applied += BigInt(tick.applies) < behind ? BigInt(tick.applies) : behind;
    return tick;
  }
}

interface Tick {
  readonly writes: number;
  readonly applies: number;
  readonly gaveUp: boolean;
}

const ticks = fc.array(
  fc.record({
    writes: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(2)),
    applies: fc.nat(3),
    gaveUp: fc.boolean(),
  }),
  { maxLength: 80 },
);
const sides = fc.constantFrom('legacy' as const, 'candidate' as const);

async function judgeRegister(
  register: Register,
  servedBy: 'legacy' | 'candidate',
  lag: bigint,
  limits = defaultJudgeLimits,
): Promise<Judgement> {
  register.committed = lag;
  const given = servedBy === 'legacy' ? register.legacy() : register.candidate();
  return judge(exchange({ servedBy, answer: given, askedAt: clock.now() }), register.ports, clock, limits);
}

/** Of judgements of a value that goes and comes back all the time, and a candidate that is right about it. */
async function shareOfMismatches(confirmations: number): Promise<number> {
  const random = seededRandom(1);
  let mismatches = 0;
  for (let run = 0; run < 4_000; run += 1) {
    const script = Array.from({ length: 200 }, () => ({
      writes: random() < 0.5 ? 1 : 0,
      applies: 1,
      gaveUp: false,
    }));
    const register = new Register(script, (version) => `v${version % 2n}`);
    const limits = { ...defaultJudgeLimits, confirmations };
    if ((await judgeRegister(register, 'legacy', 1n, limits)).verdict === 'mismatch') mismatches += 1;
  }
  return mismatches / 4_000;
}

describe('whatever the interleaving of writes, captures and questions', () => {
  test('a candidate that lags but is correct is never called a mismatch or an error', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(ticks, sides, fc.bigInt({ min: 0n, max: 3n }), async (script, servedBy, lag) => {
        const judgement = await judgeRegister(new Register(script, (version) => `v${version}`), servedBy, lag);
        seen.add(judgement.verdict);
        expect(['match', 'stale', 'raced', 'undetermined']).toContain(judgement.verdict);
        expect(judgement.critical).toBe(false);
      }),
      { numRuns: 1_000 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['match', 'raced', 'stale']));
  });

  test('a match means that the candidate gave the very answer that legacy gave', async () => {
    await fc.assert(
      fc.asyncProperty(ticks, fc.bigInt({ min: 0n, max: 3n }), async (script, lag) => {
        const register = new Register(
          script,
          (version) => `v${version}`,
          (version) => `v${version}${version % 2n ? '!' : ''}`,
        );
        const judgement = await judgeRegister(register, 'legacy', lag);
        const isWrong = String(judgement.legacy?.body).includes('!');
        expect([judgement.verdict, isWrong]).not.toEqual(['match', true]);
      }),
    );
  });

  test('a candidate that is wrong about data at rest is always called a mismatch, at any lag', async () => {
    await fc.assert(
      fc.asyncProperty(sides, fc.bigInt({ min: 0n, max: 5n }), fc.array(fc.nat(3)), async (servedBy, lag, applies) => {
        const script = applies.map((count) => ({ writes: 0, applies: count, gaveUp: false }));
        const register = new Register(
          script,
          (version) => `v${version}`,
          (version) => `wrong ${version}`,
        );
        const judgement = await judgeRegister(register, servedBy, lag);
        expect(judgement.verdict).toBe('mismatch');
        expect(judgement.differences).toHaveLength(1);
      }),
    );
  });

  test('a value that is there and back again all the time is hardly ever called a mismatch', async () => {
    // All rounds are quick here, and each is as good as two throws of a coin.
    const { confirmations } = defaultJudgeLimits;
    expect(await shareOfMismatches(4), 'two rounds').toBeGreaterThan(1 / 32);
    expect(await shareOfMismatches(confirmations), 'three rounds').toBeLessThan(1 / 64);
    expect(await shareOfMismatches(2 * confirmations), 'six rounds').toBeLessThan(1 / 1_000);
  });

  test('a candidate that lags behind data at rest is called stale', async () => {
    const judgement = await judgeRegister(new Register([], (version) => `v${version}`), 'legacy', 2n);
    expect(judgement).toMatchObject({ verdict: 'stale', reason: '' });
    expect(judgement.ageMs).toBeGreaterThanOrEqual(0);
  });
});

/** A clock that is looked at several times in each round. */
function slowly(): () => number {
  let now = 0;
  return () => (now += 110);
}

describe('what is asked', () => {
  test('an answer that agrees at once costs one question to the candidate and none to legacy', async () => {
    const register = new Register([], () => 'same');
    await judgeRegister(register, 'legacy', 3n);
    expect(register.calls).toEqual(['legacy', 'candidate']);
  });

  test.each([
    [3, 'quick', clock, 990],
    [6, 'slow', { now: slowly() }, 0],
  ])(
    'a mismatch is said after %s fenced rounds when they are %s, and no sooner',
    async (rounds, _, itsClock, askedAt) => {
      const register = new Register(
        [],
        () => 'right',
        () => 'wrong',
      );
      const given = register.legacy();
      const asked = exchange({ answer: given, askedAt });
      expect(await judge(asked, register.ports, itsClock)).toMatchObject({ verdict: 'mismatch' });
      expect(register.calls.join(' ')).toBe(`legacy candidate${' wait candidate legacy'.repeat(rounds)}`);
    },
  );

  test('a legacy that never answers the same twice ends undetermined, and says where it differs from itself', async () => {
    let count = 0;
    const clockField = (): unknown => ({ at: (count += 1), x: 1 });
    const register = new Register([], clockField);
    const judgement = await judgeRegister(register, 'legacy', 0n);
    expect(judgement).toMatchObject({
      verdict: 'undetermined',
      reason: 'legacy-unsteady',
      differences: [{ path: '$.at' }],
    });
    expect(register.calls.filter((call) => call === 'legacy')).toHaveLength(1 + defaultJudgeLimits.racedTries);
  });

  test('a mismatch carries what is critical about it', async () => {
    const ports = {
      ...new Register([], () => 'x').ports,
      askLegacy: async () => ({ ok: true as const, answer: answer({}, 403), tookMs: 1 }),
    };
    expect(await judge(exchange({ answer: answer({}, 403) }), ports, clock)).toMatchObject({
      verdict: 'mismatch',
      critical: true,
    });
  });
});

function failing(failure: 'timeout' | 'failed' | 'invalid' | 'busy'): Promise<CandidateResult> {
  return Promise.resolve({ ok: false, failure, reason: 'why', tookMs: 2_000 });
}

async function failed503(): Promise<CandidateResult> {
  return { ok: true, answer: answer('', 503), tookMs: 1 };
}

const after = (tookMs: number, given: unknown): Pick<JudgePorts, 'askCandidate'> => ({
  askCandidate: async () => ({ ok: true, answer: answer(given), tookMs }),
});

describe('when somebody cannot answer', () => {
  const right = new Register([], () => 'v0').ports;
  const wrong = new Register(
    [],
    () => 'v0',
    () => 'other',
  ).ports;

  test.each(['timeout', 'failed', 'invalid'] as const)('a candidate with %s is an error', async (failure) => {
    const judgement = await judge(exchange(), { ...right, askCandidate: () => failing(failure) }, clock);
    expect(judgement).toMatchObject({ verdict: 'error', reason: failure, candidateMs: 2_000 });
    expect(judgement.differences).toMatchObject([{ kind: 'error', path: `error ${failure}`, legacy: '200' }]);
  });

  test('a candidate that answers 5xx is an error, one that is busy is not', async () => {
    expect(await judge(exchange(), { ...right, askCandidate: failed503 }, clock)).toMatchObject({ verdict: 'error' });
    const busy = await judge(exchange(), { ...right, askCandidate: () => failing('busy') }, clock);
    expect(busy).toMatchObject({ verdict: 'undetermined', reason: 'candidate-busy' });
  });

  test('a candidate that failed a user is an error, and nobody is asked again', async () => {
    const judgement = await judge(
      exchange({ candidateFailure: 'timeout' }),
      { ...right, askCandidate: () => Promise.reject(new Error()) },
      clock,
    );
    expect(judgement).toMatchObject({ verdict: 'error', reason: 'timeout', legacyMs: 5 });
  });

  test('a candidate that was not asked for a user, because others were with it, is no error', async () => {
    const judgement = await judge(
      exchange({ candidateFailure: 'busy' }),
      { ...right, askCandidate: () => Promise.reject(new Error()) },
      clock,
    );
    expect(judgement).toMatchObject({ verdict: 'undetermined', reason: 'candidate-busy', differences: [] });
  });

  test.each([
    ['fence-budget', { waitApplied: async () => false }],
    ['no-source-position', { readSourcePosition: () => Promise.reject(new Error('gone')) }],
    ['legacy-failed', { askLegacy: async () => ({ ok: false as const, reason: 'gone' }) }],
    ['legacy-failed', { askLegacy: async () => ({ ok: true as const, answer: answer('', 500), tookMs: 1 }) }],
    ['too-large', { compare: (): Comparison => ({ outcome: 'undetermined', reason: 'too-large' }) }],
  ])('without a sound comparison the verdict is undetermined: %s', async (reason, ports) => {
    expect(await judge(exchange(), { ...wrong, ...ports }, clock)).toMatchObject({ verdict: 'undetermined', reason });
  });

  const late = { ...defaultJudgeLimits, usersWaitMs: 1_000 };

  test.each([
    ['v0', 1_001, { verdict: 'undetermined', reason: 'candidate-late', candidateMs: 1_001, differences: [] }],
    ['v0', 1_000, { verdict: 'match', reason: '' }],
    ['other', 1_001, { verdict: 'mismatch' }],
  ])(
    'of a candidate that says %s after %s ms, when users wait a second, it is said: %o',
    async (given, ms, expected) => {
      expect(await judge(exchange(), { ...right, ...after(ms, given) }, clock, late)).toMatchObject(expected);
    },
  );

  test('what agrees late behind the fence is not stale either', async () => {
    const says = [after(1, 'other'), after(1_001, 'v0')];
    const ports = { ...right, askCandidate: () => says.shift()!.askCandidate() };
    expect(await judge(exchange(), ports, clock, late)).toMatchObject({ reason: 'candidate-late' });
  });

  test('an answer that a user got was not late', async () => {
    const took = { servedBy: 'candidate' as const, tookMs: 1_500 };
    expect(await judge(exchange(took), right, clock, late)).toMatchObject({ verdict: 'match' });
  });

  test('a judgement does not go on for ever', async () => {
    let now = 0;
    const slow = { now: () => (now += 10_000) };
    expect(await judge(exchange(), wrong, slow)).toMatchObject({ verdict: 'undetermined', reason: 'total-budget' });
  });
});

describe('what is not compared', () => {
  test.each([
    ['method', { question: { method: 'POST', target: '/', headers: [] } }],
    ['legacy-5xx', { answer: answer('', 502) }],
    ['legacy-429', { answer: answer('', 429) }],
    ['conditional', { answer: answer('', 304) }],
    ['range', { answer: answer('', 206) }],
    ['range', { answer: answer('', 416) }],
    [
      'range',
      { servedBy: 'candidate' as const, question: { method: 'GET', target: '/', headers: ['Range', 'bytes=0-9'] } },
    ],
    ['conditional', { answer: answer('', 412) }],
    ['one-time-token', { question: { method: 'GET', target: '/login?code=1&state=2', headers: [] } }],
    ['too-large', { isCut: true, answer: { ...answer(''), body: Buffer.alloc(0) } }],
    ['too-large', { answer: { ...answer(''), body: Buffer.alloc(4 * 1024 * 1024 + 1) } }],
  ])('%s is skipped and nobody is asked', async (reason, more) => {
    const nobody = { ...new Register([], () => '').ports, askCandidate: () => Promise.reject(new Error('asked')) };
    expect(await judge(exchange(more), nobody, clock)).toMatchObject({ verdict: 'skipped', reason });
  });

  test('a legacy that fails when it is asked in reverse is no ground for a verdict', async () => {
    const ports = {
      ...new Register([], () => 'v0').ports,
      askLegacy: async () => ({ ok: true as const, answer: answer('', 500), tookMs: 1 }),
    };
    expect(await judge(exchange({ servedBy: 'candidate' }), ports, clock)).toMatchObject({
      verdict: 'skipped',
      reason: 'legacy-5xx',
    });
  });
});
