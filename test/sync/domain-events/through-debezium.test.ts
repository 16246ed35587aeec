import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { migrateStore } from '../../../src/store/control-store.ts';
import { Capture } from '../../../src/sync/capture/capture.ts';
import { DebeziumSource } from '../../../src/sync/kafka/debezium/debezium-source.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { describeWithKafka, sharedKafka } from '../../support/kafka-server.ts';
import { plainAccess } from '../../support/kafka-settings.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { setupSync } from '../fixtures.ts';
import { PostgresConnector } from '../kafka/debezium/postgres-connector.ts';
import { rightProperties } from '../kafka/debezium/right-properties.ts';
import { fenced, heard, heardBy, heardSchema, outbox, saidTo } from './heard-model.ts';

const emit = (id: number, more = ''): string =>
  `SELECT pg_logical_emit_message(true, 'app.event', '{"id": ${id}, "type": "JobDone", "key": "m", "data": {"n": ${id}}${more}}')`;

const model = heard(
  {
    outbox,
    messages: { prefix: 'app.event' },
    translate: {
      jobs: ({ before, after }) =>
        after?.['state'] === 'failed'
          ? {
              type: 'JobFailed',
              key: String(after['id']),
              data: { why: `${String(before?.['note'])} ${String(after['note'])}` },
            }
          : undefined,
    },
  },
  { rows: true },
);

describeWithKafka('domain events through a real Debezium connector', () => {
  test(
    'come as they do straight from the log: at the same positions, under the same ids, in one order with the rows of their transaction',
    { timeout: 120_000 },
    async () => {
      await using sync = await setupSync();
      const { legacy } = sync;
      await legacy.raw(heardSchema);
      await legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
      await using connector = await PostgresConnector.start(sync.legacyUrl, 'everything', rightProperties);
      const changes = new DebeziumSource({
        access: plainAccess(await sharedKafka()),
        prefix: connector.prefix,
        properties: rightProperties,
        migration: 'test',
        legacyUrl: sync.legacyUrl,
        tables: ['public.jobs', 'public.outbox'],
        storeUrl: sync.targetUrl,
        log: silentLog,
      });
      await using database = await createTestDatabase();
      const target = openTarget(database.url);
      await migrateStore(target);
      const through = sync.startCapture({ changes, readModels: [model] });
      const direct = new Capture({
        url: sync.legacyUrl,
        migration: 'direct',
        target,
        readModels: [model],
        log: silentLog,
        onProgress: () => undefined,
        onPosition: () => undefined,
      });
      try {
        await Promise.all([fenced(through), fenced(direct)]);
        await legacy.transaction(async (tx) => {
          await tx.raw(emit(1));
          await tx.raw(`INSERT INTO jobs VALUES (1, 'failed', 'a')`);
          await tx.raw(emit(2, ', "at": "2024-02-29T10:00:00Z"'));
          await tx.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('JobDone', 'o', '{"n": 3, "more": 12.50}')`);
          await tx.raw('DELETE FROM outbox');
          // A change of the key is two messages of Debezium's, and one change.
          await tx.raw(`UPDATE jobs SET id = 2, note = 'b' WHERE id = 1`);
          await tx.raw(emit(4));
          await tx.raw('SAVEPOINT s');
          await tx.raw(emit(5));
          await tx.raw('ROLLBACK TO SAVEPOINT s');
        });
        await legacy.raw(emit(6));
        await legacy.raw(`SELECT pg_logical_emit_message(false, 'app.event', 'of no transaction')`);
        await legacy.raw(`SELECT pg_logical_emit_message(true, 'other', 'not ours')`);
        await Promise.all([fenced(through), fenced(direct)]);
        expect(await saidTo(sync.target)).toEqual([
          'JobDone m {"n":1}',
          'jobs insert 1',
          'JobFailed 1 {"why":"undefined a"}',
          'JobDone m {"n":2}',
          'JobDone o {"n":3}',
          'jobs update 2',
          'JobFailed 2 {"why":"a b"}',
          'JobDone m {"n":4}',
          'JobDone m {"n":6}',
        ]);
        // Also where the time is that of the commit.
        expect(await heardBy(sync.target)).toEqual(await heardBy(target));
      } finally {
        await direct.stop();
        await target.destroy();
      }
    },
  );
});
