import { load } from '../dist.js';
import { treeCpuSeconds } from '../sync/processes.js';

const { startBroker } = await load('examples/kafka/broker.js');
const { startConnect } = await load('examples/kafka/connect.js');
const { KafkaConnection } = await load('src/sync/kafka/client/kafka-connection.js');
const { silentLog } = await load('src/kernel/log.js');

/**
 * A broker and, where it is wanted, a Kafka Connect with Debezium, whose messages leave their schema out: that makes them five
 * times as small.
 */
export async function startKafka(onProgress, { withConnect }) {
  const broker = await startBroker({ onProgress });
  const settings = { 'key.converter.schemas.enable': 'false', 'value.converter.schemas.enable': 'false' };
  const starting = withConnect ? startConnect({ broker: broker.address, onProgress, settings }) : undefined;
  const connect = await starting?.catch(async (error) => {
    await broker.stop();
    throw error;
  });
  const security = { tls: undefined, sasl: undefined };
  const connection = new KafkaConnection({ brokers: [broker.address], security }, silentLog);
  return {
    connect,
    address: broker.address,
    cpuSeconds: () => treeCpuSeconds(broker.pid()),
    eventsFor: (topic) => ({
      via: 'kafka',
      brokers: [broker.address],
      topic,
      partitions: 1,
      createTopic: true,
      security,
    }),
    /** Messages that were written to a topic so far; 0 where there is none. */
    count: async (topic) => {
      const admin = await connection.admin();
      try {
        const ranges = await admin.offsets(topic);
        return Number(ranges.get(0)?.high ?? 0n);
      } catch (error) {
        if (error.code === 'FIG_KAFKA_TOPIC') return 0;
        throw error;
      } finally {
        await admin[Symbol.asyncDispose]();
      }
    },
    stop: async () => {
      await connect?.stop();
      await broker.stop();
    },
  };
}
