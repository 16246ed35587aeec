import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyKey } from '../../../src/kernel/parked-keys.ts';
import { setupSync } from '../fixtures.ts';
import { history, replay, seed } from './histories.ts';
import { drained, nothing, parked, picky } from './poison-handlers.ts';
import { replayed } from './replayed-history.ts';
import { fenced, sums, tallySchema, told } from './tally-model.ts';

interface Group {
  readonly grp: string;
}

test('whatever is not taken, all groups but the parked ones are right at every fence, and all once everything is taken', async () => {
  await using setup = await setupSync();
  const { refuse, model } = picky();
  await setup.legacy.raw(tallySchema);
  await setup.legacy.raw(seed);
  const capture = setup.startCapture({ readModels: [model], maxLetters: () => 10_000 });
  await fenced(capture);
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 0, max: 4 }), async (transactions, unwanted) => {
      refuse(
        ({ table, kind, after }) => table === 'moves' && kind !== 'delete' && Number(after?.['n']) % 5 === unwanted,
      );
      for (const part of [transactions.slice(0, 15), transactions.slice(15)]) {
        await replay(setup, part);
        await fenced(capture);
        const wrong = parked(capture);
        waited += capture.lettersOf('tally').count;
        if (wrong.includes(anyKey)) continue;
        const { stored, fresh } = await sums(setup, 1);
        const others = (groups: readonly unknown[]) =>
          (groups as readonly Group[]).filter(({ grp }) => !wrong.includes(grp));
        expect(others(stored.moves)).toEqual(others(fresh.moves));
        expect(stored.tags).toEqual(fresh.tags);
      }
      refuse(nothing);
      await drained(capture, setup.target);
      const { stored, fresh } = await sums(setup, 1);
      expect(stored).toEqual(fresh);
      replayed(await told(setup.target, 1), { inOrder: 'of each row' });
      await setup.legacy.raw(seed);
    }),
    { numRuns: 8, endOnFailure: true },
  );
  expect(waited).toBeGreaterThan(0);
}, 240_000);
