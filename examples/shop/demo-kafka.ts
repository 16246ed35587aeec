import { join } from 'node:path';
import type { ServiceStack } from '../../src/app/starting/service-stack.ts';
import type { Tools } from '../../src/cli/foreground.ts';
import { FigError, describeError } from '../../src/kernel/fig-error.ts';
import { type Broker, startBroker } from '../kafka/broker.ts';
import { missingForKafka } from '../kafka/find-java.ts';

const remedy =
  'Set FIG_KAFKA_BROKERS to the address of a Kafka that you have, or start without --via kafka, which needs none.';

/**
 * A real broker for the demo, which keeps its data in `.fig/kafka` as the demo does its databases. Resolves with its address.
 * Throws FIG_KAFKA_UNREACHABLE, before anything is started, where what it takes is missing.
 */
export async function startDemoKafka({ onProgress }: Pick<Tools, 'onProgress'>, stack: ServiceStack): Promise<string> {
  const missing = missingForKafka();
  if (missing !== undefined) throw new FigError('FIG_KAFKA_UNREACHABLE', missing, { remedy });
  const step = 'Kafka';
  onProgress({ step, state: 'started' });
  const folder = join(process.cwd(), '.fig', 'kafka');
  const broker = await startIn(folder, (message) => {
    // It takes a minute, and shows on no terminal before it is over.
    if (!message.startsWith('asking Maven')) return;
    onProgress({ step: 'Java and Maven', state: 'done', detail: 'Kafka is fetched now, once: about 100 MB' });
  });
  stack.add('Kafka', () => broker.stop());
  onProgress({ step, state: 'done', detail: broker.address });
  return broker.address;
}

async function startIn(folder: string, onProgress: (message: string) => void): Promise<Broker> {
  try {
    return await startBroker({ folder, onProgress });
  } catch (error) {
    throw new FigError('FIG_KAFKA_UNREACHABLE', `Kafka could not be started: ${describeError(error)}`, {
      cause: error,
      remedy,
    });
  }
}
