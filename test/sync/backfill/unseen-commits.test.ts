import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knexModule, { type Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/app/embedded-postgres/embedded-postgres.ts';
import { milestones } from '../../../src/kernel/milestones.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp } from '../poison.ts';
import { freshSummary, legacySchema } from '../summary-model.ts';

let server: EmbeddedPostgres;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-test-standby-'));
  await chmod(folder, 0o755);
  // A standby that never comes: a commit that asks for it is in the log, and decoded, and seen by no snapshot.
  server = await startEmbeddedPostgres({
    folder,
    settings: { synchronous_standby_names: 'nobody', synchronous_commit: 'local', fsync: 'off' },
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

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
    await using setup = await setupSync();
    await server.ensureDatabase(`legacy_${chunks}`);
    const url = server.url(`legacy_${chunks}`);
    const legacy = knexModule({ client: 'pg', connection: url, pool: { min: 0, max: 4 } });
    try {
      await legacy.raw(legacySchema);
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
      const capture = setup.startCapture({ url });
      const tries = new Map<string, Set<string>>();
      await until('a chunk was read several times and not landed', async () => {
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
      });
      milestones.unsubscribe(onMilestone);
      expect(await note(legacy, 'orders')).toBe('old');
      expect(await note(setup.target, 'mirror_summary_v1.orders')).toBe(landed);

      await legacy.raw(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
      await committing;
      await caughtUp(capture);
      expect(await note(setup.target, 'mirror_summary_v1.orders')).toBe('new');
      expect(await setup.actual()).toEqual(await freshSummary(legacy));
      await capture.stop();
    } finally {
      await legacy.destroy();
    }
  },
  60_000,
);
