import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventsOf, seeEvents } from '../../../src/app/events/see-events.ts';
import { ServiceStack } from '../../../src/app/starting/service-stack.ts';
import { startPublisher } from '../../../src/app/following/start-publisher.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { migrateStore, openStore } from '../../../src/store/control-store.ts';
import { OutgoingEventStore } from '../../../src/store/outgoing-event-store.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

test('events that no broker takes are told of: how many wait and since when, who tries, and why it fails', async () => {
  await using database = await createTestDatabase();
  const store = openStore(database.url, { applicationName: 'test' });
  const target = openTarget(database.url);
  const stack = new ServiceStack(silentLog);
  const config = normalizeConfig(
    {
      legacy: { url: 'http://legacy.internal', database: database.url },
      domainEvents: {
        types: { Paid: z.object({}) },
        translate: { payments: () => undefined },
        // Nobody listens there.
        publish: { topic: 'shop.events', format: 'cloudevents', brokers: ['127.0.0.1:1'] },
      },
    },
    'fig.config.ts',
  );
  const events = eventsOf(config, store)!;
  try {
    await migrateStore(store);
    const queue = new OutgoingEventStore();
    const event = { type: 'Paid', key: 'a', at: new Date(), data: {}, position: 16n };
    for (const id of ['one', 'two', 'one']) await queue.add(store, { ...event, id });
    expect((await events()).publishing).toMatchObject({ waiting: 2, process: undefined, position: undefined });
    await store.raw(`UPDATE fig.outgoing_event SET queued_at = queued_at - interval '1 minute'`);
    expect((await events()).publishing!.standsStill).toMatch(/no process does it/);

    const id = randomUUID();
    const metrics = createMetrics();
    const publisher = startPublisher({ config, storeUrl: database.url, process: id, target, log: silentLog });
    stack.add('publisher', () => publisher!.stop());
    const simple = { of: () => undefined };
    seeEvents({ process: id, config, store, simple, publisher, metrics, log: silentLog }, stack);
    const told = await until(
      'it is told why',
      async () => {
        const { publishing } = await events();
        if (publishing?.problem !== undefined) return publishing;
        throw new Error(JSON.stringify(publishing));
      },
      25_000,
    );
    expect(told).toMatchObject({ waiting: 2, process: { pid: process.pid }, position: undefined });
    expect(told.problem).toMatch(/127\.0\.0\.1:1/);
    expect(Date.parse(told.failingSince!)).toBeLessThanOrEqual(Date.now());
    expect(told.oldestSeconds).toBeGreaterThanOrEqual(60);
    expect(told.standsStill).toBeDefined();
    await until('the metrics have it', async () => {
      const text = await metrics.text();
      return /^fig_publish_failing 1$/m.test(text) && /^fig_publish_waiting_events 2$/m.test(text);
    });
  } finally {
    await stack.stop();
    await target.destroy();
    await store.destroy();
  }
});
