import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../dist.js';
import { peakRssBytes, treeCpuSeconds } from '../sync/processes.js';

const { addConnector } = await load('examples/kafka/connectors.js');

const NAME = 'bench_debezium';
const TOPIC = `${NAME}.public.orders`;

/** Debezium's connector of the table `orders`, with its own defaults, but without tombstones: one message for each change. */
export async function startDebezium(server, kafka) {
  const { hostname, port, username, password, pathname } = new URL(server.url('legacy'));
  await server.legacy.query(`CREATE PUBLICATION ${NAME} FOR TABLE orders`);
  await addConnector(kafka.connect.url, NAME, {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'plugin.name': 'pgoutput',
    'topic.prefix': NAME,
    'slot.name': NAME,
    'publication.name': NAME,
    'publication.autocreate.mode': 'disabled',
    'snapshot.mode': 'no_data',
    'tombstones.on.delete': 'false',
    'database.hostname': hostname,
    'database.port': port,
    'database.user': decodeURIComponent(username),
    'database.password': decodeURIComponent(password),
    'database.dbname': pathname.slice(1),
  });
  const order = async (what) => {
    const answer = await fetch(`${kafka.connect.url}/connectors/${NAME}/${what}`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`Kafka Connect: ${what}: ${answer.status} ${await answer.text()}`);
  };
  let had = 0;
  const self = {
    name: 'debezium',
    ready: () => untilActive(server, true),
    /** Its tasks end, and the slot is free. */
    pause: async () => {
      await order('stop');
      await untilActive(server, false);
      had = await kafka.count(TOPIC);
    },
    start: () => order('resume'),
    /** Milliseconds from its first message to that of the last of so many changes. */
    reached: async (_position, changes) => {
      let startedAt;
      for (;;) {
        const count = (await kafka.count(TOPIC)) - had;
        if (count > 0) startedAt ??= performance.now();
        if (count >= changes) return performance.now() - startedAt;
        await sleep(10);
      }
    },
    usage: () => ({ cpuSeconds: treeCpuSeconds(kafka.connect.pid()), peakRssBytes: peakRssBytes(kafka.connect.pid()) }),
    stop: async () => {
      await fetch(`${kafka.connect.url}/connectors/${NAME}`, { method: 'DELETE' });
      await untilActive(server, false);
      await server.legacy.query(`SELECT pg_drop_replication_slot('${NAME}')`);
      await server.legacy.query(`DROP PUBLICATION ${NAME}`);
    },
  };
  await self.ready();
  // Only from its first message on does it know where it was when it is started again.
  await server.legacy.query('UPDATE orders SET note = note WHERE id = 1');
  while ((await kafka.count(TOPIC)) === 0) await sleep(50);
  return self;
}

async function untilActive(server, wanted) {
  for (;;) {
    const { rows } = await server.legacy.query('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [NAME]);
    if ((rows[0]?.active ?? false) === wanted) return;
    await sleep(20);
  }
}
