import type { Knex } from 'knex';
import type { ChangeHandler, RowChange } from '../../../src/config/row-change.ts';
import type { EventReadModelDefinition } from '../../../src/config/event-read-model.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { tally, tallyMoves, weighTags } from './tally-model.ts';

export const nothing = (): boolean => false;

/** The tally, whose handlers do not take what a test says. Its text stays the same, so it is the same read model. */
export function picky(): { model: EventReadModelDefinition; refuse: (which: (change: RowChange) => boolean) => void } {
  let refused: (change: RowChange) => boolean = nothing;
  const unless =
    (handler: ChangeHandler): ChangeHandler =>
    async (change, tx) => {
      // First the work: nothing of it may be left when it fails.
      await handler(change, tx);
      if (refused(change)) throw new RangeError('cannot take "somebody"');
    };
  return {
    model: tally(1, { on: { moves: unless(tallyMoves), tags: unless(weighTags) } }),
    refuse: (which) => {
      refused = which;
    },
  };
}

/** Those that put this number into a row. */
export const withNumber =
  (n: number) =>
  ({ after }: RowChange): boolean =>
    Number(after?.['n']) === n;

export function parked(capture: Capture): readonly string[] {
  return capture.lettersOf('tally').parked;
}

/** Makes all that waits due, and waits until nothing does. */
export async function drained(capture: Capture, target: Knex): Promise<void> {
  await until('nothing is parked', async () => {
    await target('fig.dead_letter').update({ next_at: target.raw('clock_timestamp()') });
    return capture.lettersOf('tally').count === 0;
  });
}
