import { startBroker } from '../../examples/kafka/broker.ts';
import { freePorts } from '../../examples/kafka/free-ports.ts';
import { Door } from '../support/door.ts';
import type { BrokerOfScenes } from './stage.ts';

/** Brokers for scenes that play at the same time: each has one to itself, and the next scene has it after that. */
export class Lanes implements AsyncDisposable {
  readonly #all: readonly BrokerOfScenes[];
  readonly #free: BrokerOfScenes[];
  readonly #waiting: ((broker: BrokerOfScenes) => void)[] = [];

  constructor(brokers: readonly BrokerOfScenes[]) {
    this.#all = brokers;
    this.#free = [...brokers];
  }

  static async start(count: number): Promise<Lanes> {
    return new Lanes(await Promise.all(Array.from({ length: count }, startOwn)));
  }

  /** Waits until one is free. */
  async use<T>(work: (broker: BrokerOfScenes) => Promise<T>): Promise<T> {
    const broker = this.#free.pop() ?? (await new Promise<BrokerOfScenes>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(broker);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(broker);
      else this.#free.push(broker);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { own } of this.#all) {
      await own?.broker.stop();
      await own?.door.shut();
    }
  }
}

/** It tells its clients to come by the door. */
async function startOwn(): Promise<BrokerOfScenes> {
  const [port] = (await freePorts(1)) as [number];
  const door = new Door({ host: '127.0.0.1', port });
  await door.open();
  const address = `127.0.0.1:${door.port}`;
  const broker = await startBroker({ port, settings: { 'advertised.listeners': `PLAINTEXT://${address}` } });
  return { address, own: { broker, door } };
}
