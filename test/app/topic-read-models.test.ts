import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { eventsOf, seeEvents } from '../../src/app/events/see-events.ts';
import { gateHealth, readModelStatus } from '../../src/app/deciding/gate-health.ts';
import { readModelView } from '../../src/app/following/read-model-view.ts';
import { ServiceStack } from '../../src/app/starting/service-stack.ts';
import type { TailItem } from '../../src/app/tail/event-tail.ts';
import { openTail } from '../../src/app/tail/open-tail.ts';
import { SimpleReadModels } from '../../src/app/following/simple-read-models.ts';
import { allVersions } from '../../src/config/feature-versions.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { openStore } from '../../src/store/control-store.ts';
import { describeWithKafka } from '../support/kafka-server.ts';
import { until } from '../support/until.ts';
import { isBroken, sumModel, types } from '../sync/kafka/domain-events/sum-model.ts';
import { cloud, paid, topicWorld } from '../sync/kafka/domain-events/topic-world.ts';

describeWithKafka('a feature whose read model is made of a topic', () => {
  test('is routed by time, shows how far it is, and leaves to legacy what waits', async () => {
    await using world = await topicWorld({ partitions: 2 });
    const { topic, access } = world;
    const config = normalizeConfig(
      {
        legacy: { url: 'http://legacy.internal' },
        domainEvents: {
          types: Object.fromEntries(types),
          topics: [{ topic, format: 'cloudevents', brokers: access.brokers }],
        },
        features: [{ name: 'accounts', readModel: sumModel(topic), queries: { 'GET /accounts': () => undefined } }],
      },
      'fig.config.ts',
    );
    const parked: string[] = [];
    const simple = new SimpleReadModels({
      config,
      storeUrl: world.storeUrl,
      capture: undefined,
      onProgress: () => undefined,
      onPosition: () => undefined,
      onParked: (feature, parkings) => parked.push(`${feature} ${String(parkings)}`),
      log: silentLog,
    });
    const store = openStore(world.storeUrl, { applicationName: 'test' });
    const metrics = createMetrics();
    const stack = new ServiceStack(silentLog);
    const events = eventsOf(config, store)!;
    seeEvents({ process: randomUUID(), config, store, simple, publisher: undefined, metrics, log: silentLog }, stack);
    try {
      const [feature] = config.features;
      const view = readModelView(allVersions(config.features), undefined, simple);
      await simple.untilSettled(AbortSignal.timeout(20_000));
      expect(view.isReady('accounts')).toBe(true);
      // Who takes it over from a process that stands still ends what that has open by this name.
      const { rows } = await world.target.raw(
        `SELECT 1 FROM fig.seat s JOIN pg_stat_activity a ON a.application_name LIKE '%' || s.process::text WHERE s.office = 'events'`,
      );
      expect(rows).not.toHaveLength(0);
      // Writes are ordered by steps of the store, as for what is loaded in batches.
      const written = await simple.followed!.source.read();
      expect(simple.followed?.sourceLog()).toBe('store');
      expect(await view.applied('accounts')?.waitFor(written, 10_000)).toBe(true);
      expect(readModelStatus(feature!, undefined, simple)).toMatchObject({
        state: 'ready',
        deadLetters: 0,
        topics: { behind: 0, repeats: 0, isOwner: true },
      });
      isBroken.now = true;
      await world.send(cloud(paid('a', 1, { type: 'Refused' })));
      await until('it is parked', () => view.letters('accounts').parked.join() === 'a');
      expect(parked).toEqual(['accounts 1']);
      expect(gateHealth(feature!, undefined, simple)).toMatchObject({ readModelReady: true, deadLetters: 1 });

      const [level] = await until('what is read is told', async () => {
        const { readModels } = await events();
        if (readModels[0]?.partitions[0]?.next === 1 && readModels[0].lagMessages === 0) return readModels;
        throw new Error(JSON.stringify(readModels));
      });
      expect(level).toMatchObject({ readModel: 'account_v1', process: { pid: process.pid }, takeovers: 0 });
      expect(level!.partitions).toMatchObject([
        { topic, partition: 0, next: 1, end: 1 },
        { topic, partition: 1, next: 0, end: 0 },
      ]);
      expect(level!.partitions[0]!.lagSeconds).toBeLessThan(10);
      // Nothing is applied while the read model is held; the topic goes on.
      const tx = await world.target.transaction();
      await tx.raw('SELECT FROM fig.projection FOR UPDATE');
      await world.send(cloud(paid('b', 1)), cloud(paid('b', 1)), cloud(paid('b', 1)));
      const late = await until('the lag is told', async () => {
        const [reader] = (await events()).readModels;
        if (reader?.lagMessages === 3 && (reader.lagSeconds ?? 0) > 1.5) return reader;
        throw new Error(JSON.stringify(reader));
      });
      expect(late.partitions).toMatchObject([{ partition: 0, next: 1, end: 4 }, { lagSeconds: expect.any(Number) }]);
      const text = await metrics.text();
      expect(text).toMatch(/^fig_events_lag_messages\{read_model="account_v1"\} 3$/m);
      expect(text).toContain(
        `fig_events_partition_lag_messages{read_model="account_v1",topic="${topic}",partition="0"} 3`,
      );
      await tx.rollback();

      // Whoever looks sees all partitions, also while it is read, and nothing of what is in an event.
      const shown: TailItem[] = [];
      const looking = new AbortController();
      const tail = openTail({ config, store, tap: undefined, log: silentLog });
      const reader = { begin: () => undefined, room: () => Promise.resolve(), signal: looking.signal };
      const past = tail({ feature: 'accounts', type: 'Paid', from: 'beginning' }, { ...reader, take });
      function take(item: TailItem): boolean {
        shown.push(item);
        return true;
      }
      await world.send(cloud(paid('Ada', 1), 1));
      await until('all are shown', () => shown.length === 4);
      looking.abort();
      await past;
      const line = { what: 'event', type: 'Paid', table: topic, changed: undefined };
      expect(shown).toContainEqual(expect.objectContaining({ ...line, position: '0:1' }));
      expect(shown).toContainEqual(
        expect.objectContaining({ ...line, position: '1:0', key: expect.stringMatching(/^#/) }),
      );
      expect(JSON.stringify(shown)).not.toMatch(/Ada|amount|Refused/);
      const refused = tail({ type: 'Payd', from: 'now' }, { ...reader, take });
      await expect(refused).rejects.toThrow(/no declared event is called "Payd" \(did you mean "Paid"\?\)/);
      await stack.stop();
      expect((await events()).readModels).toMatchObject([{ process: undefined, partitions: [] }]);
    } finally {
      await stack.stop();
      await simple.stop();
      await store.destroy();
    }
  });
});
