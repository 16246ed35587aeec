import { expect, test } from 'vitest';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { setupSync } from '../../fixtures.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { slotChanges, watchedPositions } from '../../support/changed-slot.ts';
import { throughConnector } from './through-connector.ts';

/** By default it gives up after six times ten seconds. */
const atOnce = { 'slot.max.retries': '1', 'slot.retry.delay.ms': '100' };

describeWithKafka('a connector that looks at its slot', () => {
  test.each(slotChanges)(
    'does not go on where it was $name while fig was away; when it is made anew, read models are built again',
    async ({ change }) => {
      await using sync = await setupSync();
      await seedOrders(sync, 10);
      await using through = await throughConnector(sync, atOnce);
      const { connector, codes } = through;
      const first = through.start();
      await caughtUp(first);
      await first.stop();
      await connector.remove();
      await change(sync);
      const { onPosition, untilRight } = await watchedPositions(sync);
      const refusal = await connector.again().then(
        () => until('the connector refuses', () => connector.failure(), 60_000),
        (error: unknown) => String(error),
      );
      expect(refusal).toMatch(/Cannot seek to the last known offset|this is no longer available on the server/);

      const second = through.start({ onPosition });
      await until('fig reads', () => second.status().state === 'streaming');
      await connector.remove();
      await connector.addAnother();
      await untilRight(() => second.source.nudge());
      expect(codes).toEqual(['FIG_TOPIC_GAP']);
    },
    120_000,
  );
});
