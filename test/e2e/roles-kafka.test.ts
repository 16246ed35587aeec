import { expect, test } from 'vitest';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../support/kafka-server.ts';
import { ShopInRoles } from '../support/shop-in-roles.ts';
import { ShopVisitor } from '../support/shop-visitor.ts';

const proxies = ['proxy-a', 'proxy-b'] as const;

describeWithKafka('the shop behind two proxies, with its changes through Kafka', () => {
  test(
    'writes are read through the other proxy from the read model, also after another sync took over from one that was killed',
    { timeout: 180_000 },
    async () => {
      const env = { FIG_KAFKA_BROKERS: await sharedKafka(), FIG_KAFKA_TOPIC: uniqueTopic('roles') };
      await using roles = await ShopInRoles.create(300, env);
      for (const name of [...proxies, 'control', 'sync'] as const) await roles.start(name).ready();
      await roles.untilAllLive();
      await roles.goLive();
      await roles.untilServedByCandidate();

      const placed = roles.shop.legacy('orders').whereIn('status', ['draft', 'placed', 'paid']);
      const ids: string[] = await placed.orderBy('id').limit(20).pluck('id');
      const visitor = await ShopVisitor.login(roles.url('proxy-a'));
      const writeAndRead = async (note: string): Promise<number> => {
        let fromReadModel = 0;
        for (const [n, id] of ids.entries()) {
          const [writer, reader] = n % 2 === 0 ? proxies : proxies.toReversed();
          const written = await visitor.ask(roles.url(writer), 'PATCH', `/api/orders/${id}`, {
            note: `${note} ${id}`,
          });
          expect(written.status).toBe(200);
          const read = await visitor.ask(roles.url(reader), 'GET', `/api/orders/${id}`);
          expect(read.body).toMatchObject({ note: `${note} ${id}` });
          if (read.servedBy === 'candidate') fromReadModel += 1;
        }
        return fromReadModel;
      };
      expect(await writeAndRead('first')).toBeGreaterThan(0);

      await roles.get('sync').kill();
      await writeAndRead('while nobody applies');
      await roles.start('sync-b').ready();
      await roles.untilServedByCandidate();
      expect(await writeAndRead('after')).toBeGreaterThan(0);
    },
  );
});
