import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { describeWithKafka } from '../../support/kafka-server.ts';
import { setupSync } from '../fixtures.ts';
import { setupThroughKafka } from '../kafka/transport/through-kafka.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { slotChanges, watchedPositions } from '../support/changed-slot.ts';

test.each(slotChanges)(
  'a slot that was $name while nobody captured is noticed, and no position is told before the rows are right',
  async ({ change }) => {
    await using sync = await setupSync();
    await seedOrders(sync, 20);
    const first = sync.startCapture();
    await caughtUp(first);
    await first.stop();
    await change(sync);
    const codes: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => void codes.push((fields as { code?: string }).code) };
    const { onPosition, untilRight } = await watchedPositions(sync);
    const second = sync.startCapture({ log, onPosition });
    await untilRight(() => second.source.nudge());
    expect(codes).toContain('FIG_SLOT_PASSED');
  },
);

describeWithKafka('with a topic between', () => {
  test.each(slotChanges)(
    'a slot that was $name while nobody captured is noticed, and no position is told before the rows are right',
    async ({ change }) => {
      const codes: unknown[] = [];
      const tell = (fields: object): void => void codes.push((fields as { code?: string }).code);
      await using kafka = await setupThroughKafka({ log: { ...silentLog, warn: tell, info: tell, debug: tell } });
      const { sync } = kafka;
      await seedOrders(sync, 20);
      const leader = kafka.startLeader();
      const first = kafka.startProjector();
      await caughtUp(first);
      await leader.stop();
      await first.stop();
      await change(sync);
      const { onPosition, untilRight } = await watchedPositions(sync);
      const second = kafka.startProjector({ onPosition });
      kafka.startLeader();
      await untilRight(() => second.source.nudge());
      expect(codes).toContain('FIG_TOPIC_GAP');
    },
  );
});
