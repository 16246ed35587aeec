import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decide,
  decideAfterFailure,
  decideAtFence,
  decideUncompared,
  isCandidatesTurn,
  type DecisionInput,
} from '../../proxy/decide.ts';
import { emptyRouting, readPhases, type RoutingSnapshot } from '../../src/kernel/phase.ts';

const routing = (phase: (typeof readPhases)[number], percent: number): RoutingSnapshot => ({
  revision: 1,
  features: new Map([['orders', { feature: 'orders', reads: { phase, percent } }]]),
});

const read: DecisionInput = {
  method: 'GET',
  match: { feature: 'orders' },
  hasBody: false,
  routing: routing('live', 100),
  visitor: 'ann',
  isBreakerOpen: () => false,
};

const killed = { ...routing('live', 100), killSwitch: { who: 'ann', why: 'prices', at: '2026-01-01T00:00:00Z' } };
const unproven: RoutingSnapshot = {
  revision: 1,
  features: new Map([['orders', { feature: 'orders', reads: { phase: 'live', percent: 100 }, isUnproven: true }]]),
};

const percent = fc.integer({ min: 0, max: 1_000 }).map((tenths) => tenths / 10);

test.each([
  ['no route matches', { match: undefined }, 'legacy', false, 'no-route'],
  ['the method may write', { method: 'POST' }, 'legacy', false, 'not-a-read'],
  ['the request has a body', { hasBody: true }, 'legacy', false, 'request-body'],
  ['the body is no query', { match: undefined, refusal: 'graphql-batch' as const }, 'legacy', false, 'graphql-batch'],
  ['nothing was heard from the control store', { routing: emptyRouting }, 'legacy', false, 'routing-unknown'],
  ['the feature is not known', { match: { feature: 'other' } }, 'legacy', false, 'routing-unknown'],
  ['reads are with legacy', { routing: routing('legacy', 0) }, 'legacy', false, 'phase-legacy'],
  ['reads are shadowed', { routing: routing('shadow', 0) }, 'legacy', true, 'phase-shadow'],
  ['the visitor is outside', { routing: routing('canary', 0) }, 'legacy', true, 'outside-canary'],
  ['the visitor is inside', { routing: routing('canary', 100) }, 'candidate', true, 'canary'],
  ['reads are live', {}, 'candidate', true, 'live'],
  [
    'the phases were kept on disk',
    { routing: { ...routing('live', 100), isFromDisk: true } },
    'legacy',
    false,
    'routing-from-disk',
  ],
  ['the kill switch is on', { routing: killed }, 'legacy', false, 'kill-switch'],
  ['other code was proven', { routing: unproven }, 'legacy', false, 'unproven'],
  ['the breaker is open', { isBreakerOpen: () => true }, 'legacy', true, 'breaker-open'],
])('when %s', (_, difference: Partial<DecisionInput>, serve, mirror, reason) => {
  expect(decide({ ...read, ...difference })).toEqual({
    serve,
    mirror,
    reason,
    // Only an answer of the candidate has somebody to fall back to.
    fallback: serve === 'candidate' ? 'legacy' : undefined,
  });
});

const mustNotBeAsked = (): boolean => {
  throw new Error('must not be asked');
};

test('the breaker is asked only about reads that the candidate would serve', () => {
  for (const difference of [{ match: undefined }, { routing: routing('canary', 0) }, { routing: killed }]) {
    expect(decide({ ...read, ...difference, isBreakerOpen: mustNotBeAsked }).serve).toBe('legacy');
  }
});

test('a visitor stays on the same side, and a larger share only adds visitors', () => {
  fc.assert(
    fc.property(fc.string(), percent, percent, (visitor, a, b) => {
      const side = (share: number): string => decide({ ...read, visitor, routing: routing('canary', share) }).serve;
      const [less, more] = a < b ? [a, b] : [b, a];
      expect(side(less)).toBe(side(less));
      expect([side(less), side(more)]).not.toEqual(['candidate', 'legacy']);
    }),
  );
});

test('who is inside one canary says nothing about another', () => {
  const sides = new Set<string>();
  for (let i = 0; i < 200; i += 1) {
    const sideIn = (feature: string): string =>
      decide({
        ...read,
        match: { feature },
        visitor: `visitor ${i}`,
        routing: { revision: 1, features: new Map([[feature, { feature, reads: { phase: 'canary', percent: 50 } }]]) },
      }).serve;
    sides.add(`${sideIn('orders')} ${sideIn('customers')}`);
  }
  expect(sides.size).toBe(4);
});

test('nothing but a bodiless GET or HEAD is ever served by the candidate, whatever the phase', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'get', ''), fc.string()),
      fc.boolean(),
      fc.constantFrom(...readPhases),
      percent,
      (method, hasBody, phase, share) => {
        const { serve } = decide({ ...read, method, hasBody, routing: routing(phase, share) });
        const isRead = (method === 'GET' || method === 'HEAD') && !hasBody;
        expect(serve === 'legacy' || (isRead && (phase === 'canary' || phase === 'live'))).toBe(true);
      },
    ),
  );
});

test('a declared query by POST is decided as a GET would be, in every phase', () => {
  fc.assert(
    fc.property(fc.constantFrom(...readPhases), percent, fc.string(), fc.boolean(), (phase, share, visitor, isOpen) => {
      const input = { ...read, visitor, routing: routing(phase, share), isBreakerOpen: () => isOpen };
      expect(decide({ ...input, method: 'POST', hasBody: true, isQuery: true })).toEqual(decide(input));
    }),
  );
  for (const difference of [{ routing: emptyRouting }, { routing: killed }, { match: { feature: 'other' } }]) {
    const input = { ...read, ...difference };
    expect(decide({ ...input, method: 'POST', hasBody: true, isQuery: true })).toEqual(decide(input));
  }
});

test('the fence and the failure of the candidate send a read to legacy, and the shadow still learns of it', () => {
  const live = decide(read);
  expect(decideAtFence(live, 'reached')).toEqual(live);
  for (const fence of ['write-in-flight', 'fence-unknown', 'fence-timeout', 'read-model-not-ready'] as const) {
    expect(decideAtFence(live, fence)).toEqual({ serve: 'legacy', mirror: true, fallback: undefined, reason: fence });
  }
  expect(decideAfterFailure({ serve: 'candidate', mirror: true, fallback: 'legacy', reason: 'live' }, 'busy')).toEqual({
    serve: 'legacy',
    mirror: true,
    fallback: undefined,
    reason: 'candidate-busy',
    candidateFailure: 'busy',
  });
});

test.each([
  ['in shadow', { routing: routing('shadow', 0) }],
  ['outside a canary', { routing: routing('canary', 0) }],
  ['inside a canary', { routing: routing('canary', 100) }],
  ['in live', {}],
  ['while the breaker is open', { isBreakerOpen: () => true }],
])(
  'a question that is not chosen for comparison %s is answered by the same side for the same reason',
  (_, difference) => {
    const planned = decide({ ...read, ...difference });
    expect(planned.mirror).toBe(true);
    expect(decideUncompared(planned)).toEqual({ ...planned, mirror: false });
    expect(isCandidatesTurn(decideUncompared(planned))).toBe(isCandidatesTurn(planned));
  },
);

test('a question that was not chosen stays so when the fence sends it to legacy', () => {
  const unchosen = decideUncompared(decide(read));
  expect(decideAtFence(unchosen, 'fence-timeout')).toMatchObject({ serve: 'legacy', mirror: false });
});
