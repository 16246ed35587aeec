import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import { countedByHandler, countedByLegacy } from '../sync/kafka/transport/counted-model.ts';
import { freshSummary, storedSummary } from '../sync/summary-model.ts';
import type { Crew } from './crew.ts';
import { expectHeard, expectPublished } from './event-checks.ts';
import type { Stage } from './stage.ts';

const BUDGET_MS = 90_000;

/** `crews`: whose processes may say why not. Gives how many events are published. */
export async function expectEqual(
  { legacy, target, topics, events }: Pick<Stage, 'legacy' | 'target' | 'topics' | 'events'>,
  crews: readonly Crew[],
): Promise<number> {
  // The last of all changes, in the sources of both read models.
  await legacy.transaction(async (tx) => {
    await tx.raw('UPDATE tallies SET updates = updates + 1 WHERE id = 1');
    await tx.raw(`UPDATE customers SET name = name || '.' WHERE id = 1`);
  });
  const [tallies, orders] = [await countedByLegacy(legacy), await freshSummary(legacy)];
  const isEqual = async (): Promise<boolean> =>
    isDeepStrictEqual(await countedByHandler(target), tallies) &&
    isDeepStrictEqual(await storedSummary(target), orders);
  try {
    await expectHeard({ legacy, target }, topics, BUDGET_MS);
    await until('the read models equal legacy', isEqual, BUDGET_MS).catch(async (error: unknown) => {
      // To say how they differ takes long, and is only done when that is how it stays.
      expect(await countedByHandler(target)).toEqual(tallies);
      expect(await storedSummary(target)).toEqual(orders);
      throw error;
    });
    return await expectPublished({ legacy, target }, topics, events);
  } catch (error) {
    const situations = await Promise.all(crews.map((crew) => crew.situation()));
    throw new Error(situations.join('\n'), { cause: error });
  }
}

/** What is copied or built anew is another table, and what is emptied has another file. */
export async function tablesOf(target: Knex): Promise<unknown> {
  const { rows } = await target.raw(
    `SELECT oid::regclass::text AS name, oid::text, relfilenode::text FROM pg_class
      WHERE relkind = 'r' AND relname NOT LIKE '%items' AND relnamespace::regnamespace::text IN
        ('mirror_summary_v1', 'rm_summary_v1', 'rm_counted_v1', 'rm_heard_v1', 'rm_told_v1', 'rm_fig_published_v1') ORDER BY 1`,
  );
  return rows;
}
