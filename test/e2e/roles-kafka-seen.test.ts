import { expect, test } from 'vitest';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../support/kafka-server.ts';
import { ShopInRoles } from '../support/shop-in-roles.ts';
import { until } from '../support/until.ts';
import { WritesThroughProxies } from '../support/writes-through-proxies.ts';

const proxies = ['proxy-a', 'proxy-b'] as const;

describeWithKafka('what is between capture and read models, seen from control', () => {
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

      const writes = await WritesThroughProxies.begin(roles);
      expect(await writes.writeAndRead('first')).toBeGreaterThan(0);

      const control = await roles.get('control').client();
      const seen = async (name: 'sync' | 'sync-b') => {
        const { pid } = roles.get(name);
        return until(
          `control sees that ${name} leads and applies`,
          async () => {
            const { transport } = (await control.status()).value;
            const [reader] = transport?.readModels ?? [];
            if (transport?.leader?.pid === pid && reader?.process?.pid === pid && reader.lagMessages === 0)
              return transport;
            throw new Error(JSON.stringify(transport));
          },
          60_000,
        );
      };
      const before = await seen('sync');
      expect(before).toMatchObject({ leaderTakeovers: 0, standby: [], readModels: [{ takeovers: 0 }] });
      expect(before.topics).toMatchObject([{ topic: env.FIG_KAFKA_TOPIC, partitions: [{ partition: 0 }] }]);

      await roles.get('sync').kill();
      await writes.writeAndRead('while nobody applies');
      await roles.start('sync-b').ready();
      await roles.untilServedByCandidate();
      expect(await writes.writeAndRead('after')).toBeGreaterThan(0);

      const after = await seen('sync-b');
      expect(after).toMatchObject({ leaderTakeovers: 1, readModels: [{ takeovers: 1 }] });
      expect(after.leader!.epoch).toBeGreaterThan(before.leader!.epoch);
      const metrics = await (await fetch(`${await roles.get('sync-b').admin()}/metrics`)).text();
      expect(metrics).toMatch(/^fig_transport_leader 1$/m);
      expect(metrics).toMatch(/^fig_transport_leader_takeovers_total 1$/m);
      expect(metrics).toMatch(/^fig_transport_reader_takeovers_total\{read_model="order_summary_v2"\} 1$/m);

      // Control reads the topic by itself, also what a process wrote that is gone.
      const shown = await roles.get('control').client();
      const notes = new Set<string | undefined>();
      const ended = new AbortController();
      for await (const { value, json } of shown.tail(
        { feature: 'orders', type: 'update', from: 'beginning' },
        ended.signal,
      )) {
        expect(json).not.toContain('first');
        if ('key' in value && value.table === 'public.orders') notes.add(value.key);
        if (writes.ids.every((id) => notes.has(id))) ended.abort();
      }
      expect([...notes]).toEqual(expect.arrayContaining([...writes.ids]));
    },
  );
});
