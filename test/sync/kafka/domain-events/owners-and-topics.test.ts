import { expect, test } from 'vitest';
import { ProjectionStore } from '../../../../src/store/projection-store.ts';
import { TopicStore } from '../../../../src/store/topic-store.ts';
import { MessageApplier, TakenOver } from '../../../../src/sync/kafka/domain-events/apply-messages.ts';
import { EventGiver } from '../../../../src/sync/kafka/domain-events/event-giver.ts';
import { openTarget } from '../../../../src/sync/open-target.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { createStoreDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';
import { eventTypes, sumModel } from './sum-model.ts';
import { cloud, paid, topicWorld } from './topic-world.ts';

describeWithKafka('of several processes', () => {
  test('one reads, all serve, and another takes over within 5 s', async () => {
    await using world = await topicWorld();
    const [first, second] = [world.start(), world.start()];
    await until('both are ready', () => [first, second].every((each) => each.progress().state === 'ready'));
    const [owner, other] = first.report().isOwner ? [first, second] : [second, first];
    expect(other.report().isOwner).toBe(false);
    await world.send(cloud(paid('a', 1)));
    await world.untilTotals({ a: 1 });
    // Its office goes to the other one, and it does not notice at once, so that both read for a moment.
    await world.target.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fig events' AND datname = current_database()
         AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
    );
    const began = Date.now();
    await world.send(...Array.from({ length: 50 }, () => cloud(paid('a', 1))));
    await world.untilTotals({ a: 51 });
    expect(Date.now() - began).toBeLessThan(5_000);
    await owner.stop();
    await world.send(cloud(paid('a', 1)));
    await world.untilTotals({ a: 52 });
    expect(other.report().isOwner).toBe(true);
  });
});

const chunk = (from: bigint) => ({ topic: 'payments', partition: 0, from, next: from + 1n, messages: [] });

test('what a process does that was replaced takes no effect, also at the right offset', async () => {
  await using store = await createStoreDatabase();
  const target = openTarget(store.url);
  try {
    const [projections, topics] = [new ProjectionStore(), new TopicStore()];
    const epoch = (await projections.claim(target, 'account_v1', undefined))!;
    await target.transaction((tx) => topics.begin(tx, 'account_v1', { topic: 'payments', partition: 0, next: 0n }));
    const giver = new EventGiver({
      definition: sumModel('payments'),
      schema: 'public',
      types: eventTypes,
      topics: new Map(),
    });
    const applier = new MessageApplier({ target, projection: 'account_v1', epoch, giver });
    await applier.apply(chunk(0n), false);
    await projections.claim(target, 'account_v1', epoch);
    await expect(applier.apply(chunk(1n), false)).rejects.toThrow(TakenOver);
    expect(await topics.offsets(target, 'account_v1')).toMatchObject([{ next: 1n }]);
  } finally {
    await target.destroy();
  }
});

describeWithKafka('a topic', () => {
  test('that was made anew with as many messages is told, nothing of it is read, and a new version reads it', async () => {
    await using world = await topicWorld();
    await world.send(cloud(paid('a', 1)), cloud(paid('a', 2)));
    const readModel = world.start();
    await world.untilTotals({ a: 3 });
    await readModel.stop();
    await world.remakeTopic();
    await world.send(cloud(paid('a', 10)), cloud(paid('a', 20)), cloud(paid('a', 30)));
    const again = world.start();
    await until('it says so', () => again.progress().error?.startsWith('FIG_EVENT_TOPIC_CHANGED'));
    expect(again.progress().state).toBe('failed');
    expect(again.applied.current()).toBeUndefined();
    expect(await world.totals()).toEqual({ a: 3 });
    world.start({ version: 2 });
    await world.untilTotals({ a: 60 }, 2);
  });

  test('that removed messages before they were read is told, and they are not passed over', async () => {
    await using world = await topicWorld();
    await world.send(cloud(paid('a', 1)));
    const readModel = world.start();
    await world.untilTotals({ a: 1 });
    await readModel.stop();
    await world.send(cloud(paid('a', 2)), cloud(paid('a', 3)), cloud(paid('a', 4)));
    await world.removeBefore(3);
    const again = world.start();
    await until('it says so', () => again.progress().error?.startsWith('FIG_EVENTS_LOST'));
    expect(again.progress().error).toContain('offsets 1 to 2');
    expect(await world.totals()).toEqual({ a: 1 });
  });
});
