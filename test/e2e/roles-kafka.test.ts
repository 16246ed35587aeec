import { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../support/kafka-server.ts';
import { ShopInRoles } from '../support/shop-in-roles.ts';
import { until } from '../support/until.ts';
import { WritesThroughProxies } from '../support/writes-through-proxies.ts';

const proxies = ['proxy-a', 'proxy-b'] as const;
const projectors = ['project-a', 'project-b'] as const;

describeWithKafka(
  'the shop behind two proxies, with its changes through Kafka, captured and applied in processes of their own',
  () => {
    test(
      'writes are read through the other proxy, also while who applies stands still, after another took over, and when it wakes up',
      { timeout: 180_000 },
      async () => {
        const env = { FIG_KAFKA_BROKERS: await sharedKafka(), FIG_KAFKA_TOPIC: uniqueTopic('roles') };
        await using roles = await ShopInRoles.create(300, env);
        for (const name of ['project-a', ...proxies, 'project-b', 'control', 'capture'] as const) {
          await roles.start(name).ready();
        }
        await roles.untilAllLive('capture,control,project,project,proxy,proxy');
        for (const name of ['capture', ...projectors] as const) {
          const admin = await roles.get(name).admin();
          const answers = await Promise.all(['healthz', 'readyz', 'metrics'].map((path) => fetch(`${admin}/${path}`)));
          expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
        }
        await roles.goLive();
        await roles.untilServedByCandidate();

        const writes = await WritesThroughProxies.begin(roles);
        expect(await writes.writeAndRead('first')).toBeGreaterThan(0);

        const first = await holder(roles);
        roles.get(first).signal('SIGSTOP');
        await writes.writeAndRead('while who applies stands still');
        await until('another one applies', async () => (await holder(roles)) !== first);
        await roles.untilServedByCandidate();
        expect(await writes.writeAndRead('after')).toBeGreaterThan(0);

        roles.get(first).signal('SIGCONT');
        expect(await writes.writeAndRead('while it wakes up')).toBeGreaterThan(0);
        await until('it says that others apply', async () => {
          const { processes = [] } = await roles.get('control').status();
          const { pid } = roles.get(first);
          return processes.find((each) => each.pid === pid)?.reason?.includes('other processes');
        });
        expect(await writes.writeAndRead('when it is awake')).toBeGreaterThan(0);
        expect(await holder(roles)).not.toBe(first);
      },
    );
  },
);

/** Which of them holds the read model of the shop. */
async function holder(roles: ShopInRoles): Promise<(typeof projectors)[number]> {
  const client = new Client({ connectionString: roles.shop.targetUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT s.pid FROM fig.seat s WHERE office = 'projector' AND cardinality(held) > 0
         AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = s.session AND l.locktype = 'advisory')`,
    );
    const name = projectors.find((each) => roles.get(each).pid === rows[0]?.pid);
    if (name === undefined) throw new Error('none holds it');
    return name;
  } finally {
    await client.end();
  }
}
