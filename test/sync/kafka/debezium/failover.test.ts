import { expect, test } from 'vitest';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { setupSync } from '../../fixtures.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { OwnServer } from '../../support/own-server.ts';
import { equalsLegacy, throughConnector } from './through-connector.ts';

describeWithKafka('a legacy server that goes on with another timeline, with a connector between', () => {
  test('builds read models again, and refuses topics that have what it has lost', { timeout: 240_000 }, async () => {
    await using server = await OwnServer.start();
    await using sync = await setupSync({ legacyServer: server.url('postgres') });
    await seedOrders(sync, 10);
    await using through = await throughConnector(sync);
    const { connector, codes } = through;
    const before = through.start();
    await caughtUp(before);
    await before.stop();

    await connector.remove();
    await server.backUp();
    await server.restore();
    await connector.again();
    await sync.legacy.raw(`UPDATE orders SET note = 'after the failover' WHERE id = 2`);
    const reading = through.start();
    await equalsLegacy(sync, reading);
    expect(codes).toEqual(['FIG_TOPIC_GAP']);
    expect(await sync.target('fig.projection').first('timeline')).toEqual({ timeline: 2 });
    await caughtUp(reading);

    await connector.remove();
    await server.backUp();
    await connector.again();
    await sync.legacy.raw(`UPDATE orders SET note = 'lost in the failover' WHERE id = 3`);
    await equalsLegacy(sync, reading);
    await connector.remove();
    await server.restore();
    await connector.again();
    await until(
      'it is refused',
      () => reading.status().error?.includes('transactions that the legacy server does not have'),
      60_000,
    );
    expect(reading.applied('summary')!.current()).toBeUndefined();
  });
});
