import { expect, test } from 'vitest';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { cloud, paid, topicWorld } from './topic-world.ts';

describeWithKafka('a read model of a topic of events', () => {
  test('has every event of all partitions once, in the order of each, and is ready when it has read all', async () => {
    await using world = await topicWorld({ partitions: 2 });
    await world.send(cloud(paid('a', 1)), cloud(paid('b', 10), 1), cloud(paid('a', 2)), cloud(paid('b', 20), 1));
    const readModel = world.start();
    await world.untilTotals({ a: 3, b: 30 });
    await until('it is ready', () => readModel.progress().state === 'ready');
    await world.send(cloud(paid('a', 3)), cloud(paid('c', 5, { type: 'Unheard', data: {} })));
    await world.untilTotals({ a: 6, b: 30 });
    const history = await world.history();
    expect(history.filter((each) => each.startsWith('a'))).toEqual(['a 1', 'a 2', 'a 3']);
    expect(history.filter((each) => each.startsWith('b'))).toEqual(['b 10', 'b 20']);
    expect(readModel.letters().count).toBe(0);
    expect(readModel.report()).toMatchObject({ behind: 0, repeats: 0, isOwner: true });
  });

  test('goes on where it stood, and leaves out an event that comes again', async () => {
    await using world = await topicWorld();
    const twice = cloud(paid('a', 1));
    await world.send(twice, twice);
    const first = world.start();
    await world.untilTotals({ a: 1 });
    await first.stop();
    await world.send(twice, cloud(paid('a', 2)));
    const second = world.start();
    await world.untilTotals({ a: 3 });
    await until('the repeats are counted', () => second.report().repeats === 2);
    expect(await world.history()).toEqual(['a 1', 'a 2']);
  });

  test('begins with the next event where that is asked for', async () => {
    await using world = await topicWorld();
    await world.send(cloud(paid('a', 1)));
    const readModel = world.start({}, { from: 'now' });
    await until('it is ready', () => readModel.progress().state === 'ready');
    await world.send(cloud(paid('a', 2)));
    await world.untilTotals({ a: 2 });
  });

  test('holds a write of a visitor once its event had time to come, and everything that came was read', async () => {
    await using world = await topicWorld();
    const readModel = world.start();
    await until('it holds some writes', () => readModel.applied.current() !== undefined);
    const written = await world.clock.read();
    const began = Date.now();
    expect(readModel.applied.current()).toBeLessThan(written);
    expect(await readModel.applied.waitFor(written, 10_000)).toBe(true);
    // As long as it says that an event may take.
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(readModel.lagSeconds()).toBeLessThan(3);
  });

  test('holds no write sooner because the store was slow to tell how far writes are', async () => {
    await using world = await topicWorld();
    const readModel = world.start();
    await until('it holds some writes', () => readModel.applied.current() !== undefined);
    const release = world.holdClock();
    const heldAt = Date.now();
    await until('it was asked longer ago than an event may take', () => Date.now() - heldAt > 4_000);
    const written = await world.clock.read();
    const began = Date.now();
    release();
    expect(await readModel.applied.waitFor(written, 10_000)).toBe(true);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
  });

  test('reads the partitions that a topic gets later from their beginning, and stands nowhere before it knows of them', async () => {
    await using world = await topicWorld();
    const readModel = world.start();
    await until('it is ready', () => readModel.progress().state === 'ready');
    for (const partition of [1, 2, 3]) {
      await world.addPartitions(partition + 1);
      await world.send(cloud(paid('a', 1), partition), cloud(paid('b', 2), 0));
      // What had its time to come is there, also in a partition that nobody has looked for yet.
      expect(await readModel.applied.waitFor(await world.clock.read(), 10_000)).toBe(true);
      expect(await world.totals()).toEqual({ a: partition, b: 2 * partition });
    }
  });
});
