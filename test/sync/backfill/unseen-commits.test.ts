import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { milestones } from '../../../src/kernel/milestones.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp } from '../poison.ts';
import { startWithoutItsStandby } from '../support/own-server.ts';

/** Three or more chunks. */
const LAST = 60_000;

async function note(db: Knex, table: string): Promise<unknown> {
  return (await db.raw(`SELECT note FROM ${table} WHERE id = ${LAST}`)).rows[0]?.note;
}

// The chunks before the second one of orders are those of customers, items and orders.
test.each([
  { chunks: 3, when: 'in the middle of the copy of its table', landed: 'new' },
  { chunks: 1, when: 'before the copy of its table', landed: undefined },
])(
  'a commit that came $when and that snapshots do not see is not overwritten by the copy',
  async ({ chunks, landed }) => {
    await using server = await startWithoutItsStandby();
    await using setup = await setupSync({ legacyServer: server.url('postgres') });
    const { legacy } = setup;
    await legacy.raw(`INSERT INTO customers (name) VALUES ('one')`);
    await legacy.raw(`INSERT INTO orders (customer_id, note) SELECT 1, 'old' FROM generate_series(1, ${LAST})`);

    // It must begin after the copy has, which waits for all that is older, and be delivered before the last chunk is read.
    let seen = 0;
    let committing: Promise<unknown> | undefined;
    const onMilestone = (name: unknown): void => {
      if (name === 'sync:chunk-landed') seen += 1;
      if (seen < chunks) return;
      committing ??= legacy
        .transaction(async (tx) => {
          await tx.raw('SET LOCAL synchronous_commit = on');
          await tx.raw(`UPDATE orders SET note = 'new' WHERE id = ${LAST}`);
        })
        .catch(() => undefined); // The wait is cancelled below; the commit stands.
    };
    milestones.subscribe(onMilestone);
    const capture = setup.startCapture();
    const tries = new Map<string, Set<string>>();
    const isReadAgain = async (): Promise<boolean> => {
      const stored = await setup.target.raw(
        `SELECT copied FROM fig.backfill WHERE source = 'public.orders' AND NOT done`,
      );
      const reading = await legacy.raw(
        `SELECT xact_start::text AS at FROM pg_stat_activity
          WHERE application_name = 'fig backfill' AND xact_start IS NOT NULL`,
      );
      const copied = String(stored.rows[0]?.copied);
      for (const { at } of reading.rows) tries.set(copied, (tries.get(copied) ?? new Set()).add(at));
      return [...tries.values()].some(({ size }) => size > 3);
    };
    // Whether a look meets one of these short reads is chance.
    await until('a chunk was read several times and not landed', isReadAgain, 100_000);
    milestones.unsubscribe(onMilestone);
    expect(await note(legacy, 'orders')).toBe('old');
    expect(await note(setup.target, 'mirror_summary_v1.orders')).toBe(landed);

    await legacy.raw(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
    await committing;
    await caughtUp(capture);
    expect(await note(setup.target, 'mirror_summary_v1.orders')).toBe('new');
    expect(await setup.actual()).toEqual(await setup.expected());
    await capture.stop();
  },
  180_000,
);
