import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLegalMove,
  isLegalState,
  legacyReads,
  liveReads,
  nextState,
  rollbackTarget,
  shadowReads,
} from '../../src/cutover/read-phases.ts';
import { describeReads, type ReadState } from '../../src/kernel/phase.ts';

const shareLists = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 6 })
  .map((shares) => shares.toSorted((a, b) => a - b));
const states: fc.Arbitrary<ReadState> = fc.oneof(
  fc.constantFrom(legacyReads, shadowReads, liveReads),
  fc.integer({ min: 1, max: 99 }).map((percent): ReadState => ({ phase: 'canary', percent })),
);

describe('the way forward', () => {
  it('leads from legacy through shadow and every share to live', () => {
    const way: string[] = [];
    for (let at: ReadState | undefined = legacyReads; at; at = nextState(at, [1, 5, 25, 50]))
      way.push(describeReads(at));
    expect(way).toEqual(['legacy', 'shadow', 'canary 1%', 'canary 5%', 'canary 25%', 'canary 50%', 'live']);
  });

  it('leaves a share that is no longer configured for the next higher one', () => {
    expect(nextState({ phase: 'canary', percent: 5 }, [1, 10, 50])).toEqual({ phase: 'canary', percent: 10 });
    expect(nextState({ phase: 'canary', percent: 50 }, [1, 10])).toEqual(liveReads);
  });

  it('serves more visitors with every step once users are served', () => {
    fc.assert(
      fc.property(states, shareLists, (state, shares) => {
        const next = nextState(state, shares);
        const expected = state.phase === 'live' ? 'the end' : state.phase === 'legacy' ? 'shadow' : 'more';
        const found =
          next === undefined
            ? 'the end'
            : next.phase === 'shadow'
              ? 'shadow'
              : next.percent > state.percent
                ? 'more'
                : 'less';
        expect(found).toBe(expected);
      }),
    );
  });
});

describe('the way back', () => {
  it('leads to shadow from where users are served, and to legacy from shadow', () => {
    expect(rollbackTarget(liveReads)).toEqual({ kind: 'move', to: shadowReads });
    expect(rollbackTarget({ phase: 'canary', percent: 25 })).toEqual({ kind: 'move', to: shadowReads });
    expect(rollbackTarget(shadowReads)).toEqual({ kind: 'move', to: legacyReads });
    expect(rollbackTarget(legacyReads)).toEqual({ kind: 'stay', reason: 'already there' });
  });

  it('is no way to go forward', () => {
    expect(rollbackTarget(legacyReads, 'shadow')).toEqual({ kind: 'stay', reason: 'not a way back' });
    expect(rollbackTarget(shadowReads, 'shadow')).toEqual({ kind: 'stay', reason: 'already there' });
  });

  it('reaches legacy from every state, directly and step by step', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(rollbackTarget(state, 'legacy').kind).toBe(state.phase === 'legacy' ? 'stay' : 'move');
        let at = state;
        for (let steps = 0; at.phase !== 'legacy'; steps += 1) {
          expect(steps).toBeLessThan(2);
          const choice = rollbackTarget(at);
          if (choice.kind === 'stay') throw new Error(`stuck in ${describeReads(at)}`);
          at = choice.to;
        }
      }),
    );
  });
});

it('any sequence of steps and rollbacks stays within the legal states, by legal moves', () => {
  const orders = fc.array(fc.constantFrom('next', 'back', 'legacy', 'shadow'), { maxLength: 30 });
  fc.assert(
    fc.property(states, shareLists, orders, (start, shares, sequence) => {
      let at = start;
      for (const order of sequence) {
        let to: ReadState | undefined;
        if (order === 'next') {
          to = nextState(at, shares);
        } else {
          const choice = rollbackTarget(at, order === 'back' ? undefined : order === 'legacy' ? 'legacy' : 'shadow');
          to = choice.kind === 'move' ? choice.to : undefined;
        }
        if (to === undefined) continue;
        expect(order === 'next' || to.percent === 0).toBe(true);
        expect(isLegalState(to)).toBe(true);
        expect(isLegalMove(at, to, shares)).toBe(true);
        at = to;
      }
    }),
  );
});

it('a jump over a step, and a state that contradicts itself, are not legal', () => {
  expect(isLegalMove(legacyReads, liveReads, [1])).toBe(false);
  expect(isLegalMove(shadowReads, { phase: 'canary', percent: 50 }, [1, 50])).toBe(false);
  expect(isLegalMove(liveReads, { phase: 'canary', percent: 50 }, [1, 50])).toBe(false);
  expect(isLegalMove(legacyReads, legacyReads, [1])).toBe(false);
  expect(isLegalMove(shadowReads, { phase: 'canary', percent: 0 }, [1])).toBe(false);
  expect(isLegalState({ phase: 'legacy', percent: 1 })).toBe(false);
  expect(isLegalState({ phase: 'live', percent: 99 })).toBe(false);
});
