import { array, assert, boolean, integer, nat, property, record, shuffledSubarray, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { type Sharer, shareOut } from '../../../src/sync/offices/share-out.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function sharer(process: string, held: readonly string[], able: readonly string[] = names): Sharer {
  return { process, able, held };
}

test('one process alone takes all, and gives nothing up', () => {
  expect(shareOut([sharer('1', [])], '1')).toEqual({ take: names, giveUp: [] });
});

test('a process that joins is given its share, and takes nothing before', () => {
  const both = [sharer('1', names), sharer('2', [])];
  expect(shareOut(both, '1')).toEqual({ take: [], giveUp: ['e', 'f', 'g', 'h'] });
  expect(shareOut(both, '2')).toEqual({ take: [], giveUp: [] });
});

test('what a process held that died is shared out among the others, which keep what they have', () => {
  const left = [sharer('1', ['a', 'b', 'c']), sharer('2', ['d', 'e'])];
  expect(shareOut(left, '1')).toEqual({ take: ['g'], giveUp: [] });
  expect(shareOut(left, '2')).toEqual({ take: ['f', 'h'], giveUp: [] });
});

test('who is not among those that live does nothing', () => {
  expect(shareOut([sharer('1', [])], '2')).toEqual({ take: [], giveUp: [] });
});

test('a process with a newer config has what only it can do, and no more of the rest than the others', () => {
  const both = [sharer('1', [], ['a', 'b', 'c']), sharer('2', [], ['a', 'b', 'c', 'new'])];
  expect(shareOut(both, '1').take).toEqual(['a', 'c']);
  expect(shareOut(both, '2').take).toEqual(['b', 'new']);
});

/** Processes with what they hold, nothing of it twice. */
const groups = record({
  processes: uniqueArray(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  owners: array(nat({ max: 9 }), { minLength: names.length, maxLength: names.length }),
  lacking: array(boolean(), { minLength: 5, maxLength: 5 }),
}).map(({ processes, owners, lacking }) =>
  processes.map((process, n) => {
    const able = lacking[n] === true && n > 0 ? names.slice(0, 5) : names;
    const held = able.filter((_, at) => processes[owners[at]!] === process);
    return sharer(String(process), held, able);
  }),
);

function next(sharers: readonly Sharer[]): readonly Sharer[] {
  const plans = sharers.map((each) => shareOut(sharers, each.process));
  return sharers.map((each, n) => {
    const { take, giveUp } = plans[n]!;
    return sharer(each.process, [...each.held.filter((name) => !giveUp.includes(name)), ...take], each.able);
  });
}

test('nothing is taken that is held, or that the process cannot do, and no two take the same', () => {
  assert(
    property(groups, (sharers) => {
      const held = sharers.flatMap((each) => each.held);
      const taken = sharers.flatMap((each) => shareOut(sharers, each.process).take);
      expect(taken.filter((name) => held.includes(name))).toEqual([]);
      expect(new Set(taken).size).toBe(taken.length);
      for (const { process, able } of sharers)
        expect(able).toEqual(expect.arrayContaining([...shareOut(sharers, process).take]));
    }),
  );
});

const shuffled = <T>(all: readonly T[]) => shuffledSubarray([...all], { minLength: all.length });

test('the order in which processes are seen, and in which they name what they can do, changes nothing', () => {
  const told = groups.chain((sharers) =>
    record({ sharers: shuffled(sharers), able: shuffled(names) }).map((drawn) => ({ ...drawn, before: sharers })),
  );
  assert(
    property(told, ({ sharers, able, before }) => {
      const renamed = sharers.map((each) => ({ ...each, able: able.filter((name) => each.able.includes(name)) }));
      for (const { process } of before) expect(shareOut(renamed, process)).toEqual(shareOut(before, process));
    }),
  );
});

test('after some rounds everything is held once, none that can do the same has two more than another, and it stays so', () => {
  assert(
    property(groups, (sharers) => {
      const settled = [1, 2, 3, 4, 5, 6, 7, 8].reduce(next, sharers);
      expect(settled.flatMap((each) => each.held).toSorted()).toEqual(names);
      for (const some of settled) {
        for (const other of settled) {
          const isMovable = some.held.some((name) => other.able.includes(name));
          expect(isMovable && some.held.length - other.held.length > 1).toBe(false);
        }
      }
      expect(next(settled)).toEqual(settled);
    }),
  );
});

test('one that joins takes only what makes the shares even', () => {
  assert(
    property(integer({ min: 1, max: 6 }), (count) => {
      const start = Array.from({ length: count }, (_, n) => sharer(String(n), []));
      const settled = next(start);
      const joined = next(next([...settled, sharer('9', [])]));
      const moved = joined
        .slice(0, -1)
        .flatMap((each, n) => settled[n]!.held.filter((name) => !each.held.includes(name)));
      expect(moved).toHaveLength(Math.floor(names.length / (count + 1)));
      expect(joined.at(-1)!.held).toEqual(moved.toSorted());
    }),
  );
});
