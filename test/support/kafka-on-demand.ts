import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startBroker, type Broker } from '../../examples/kafka/broker.ts';
import { startConnect, type Connect } from '../../examples/kafka/connect.ts';
import { describeError } from '../../src/kernel/fig-error.ts';

export interface KafkaOnDemand {
  /** `GET /kafka` and `GET /connect` start what they are named after, once, and answer with its address. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A run that needs no Kafka starts none: tests ask for it, each in a process of its own. */
export async function startKafkaOnDemand(): Promise<KafkaOnDemand> {
  let broker: Promise<Broker> | undefined;
  let connect: Promise<Connect> | undefined;
  const address = async (path: string): Promise<string> => {
    const { address: at } = await (broker ??= startBroker());
    if (path === '/kafka') return at;
    return (await (connect ??= startConnect({ broker: at }))).url;
  };
  const server = createServer((request, response) => {
    address(request.url ?? '').then(
      (at) => response.end(at),
      (error: unknown) => response.writeHead(500).end(describeError(error)),
    );
  });
  // The first start fetches Kafka.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: async () => {
      server.close();
      for (const started of [connect, broker]) await (await started?.catch(() => undefined))?.stop();
      server.closeAllConnections();
    },
  };
}
