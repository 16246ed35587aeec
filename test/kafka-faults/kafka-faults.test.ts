import { afterAll, beforeAll, test } from 'vitest';
import { startBroker } from '../../examples/kafka/broker.ts';
import { freePorts } from '../../examples/kafka/free-ports.ts';
import { Door } from '../support/door.ts';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { allFaults, dealt, faultsAnywhere } from './kafka-faults.ts';
import { type BrokerOfScenes, withScene } from './scene.ts';

/** `npm run faults:kafka` does 120, or with a seed those of that seed; a test run does a few, on the broker of all tests. */
const { FIG_FAULT_RUNS: wanted, FIG_FAULT_SEED: repeated } = process.env;
const isAll = wanted !== undefined || repeated !== undefined;
const FAULTS_PER_SCENE = 4;
const runs = repeated === undefined ? Number(wanted ?? 2) : FAULTS_PER_SCENE;
const firstSeed = Number(repeated ?? 1);

const scenes = Array.from({ length: Math.ceil(runs / FAULTS_PER_SCENE) }, (_, n) => firstSeed + n);
const done = new Map<string, number>();

describeWithKafka('each change takes effect once, in order, and none is lost', () => {
  let broker: BrokerOfScenes;

  beforeAll(async () => {
    broker = isAll ? await startOwn() : { address: await sharedKafka(), own: undefined };
  }, 300_000);
  afterAll(async () => {
    await broker?.own?.broker.stop();
    await broker?.own?.door.shut();
    const lines = [...done].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `  ${count} x ${name}\n`);
    const count = [...done.values()].reduce((sum, each) => sum + each, 0);
    process.stdout.write(`faults: ${count} runs through Kafka: 0 lost, 0 doubled, order kept\n${lines.join('')}`);
  });

  test.each(scenes)('whatever happens, with seed %i', { timeout: FAULTS_PER_SCENE * 180_000 }, async (seed) => {
    const faults = dealt(isAll ? allFaults : faultsAnywhere, seed, Math.min(runs, FAULTS_PER_SCENE));
    await withScene(seed, broker, async (run) => {
      for (const [name, fault] of faults) {
        try {
          await run(fault);
        } catch (error) {
          throw new Error(`when ${name}; repeat with FIG_FAULT_SEED=${seed}`, { cause: error });
        }
        done.set(name, (done.get(name) ?? 0) + 1);
      }
    });
  });
});

/** It tells its clients to come by the door. */
async function startOwn(): Promise<BrokerOfScenes> {
  const [port] = (await freePorts(1)) as [number];
  const door = new Door({ host: '127.0.0.1', port });
  await door.open();
  const address = `127.0.0.1:${door.port}`;
  const broker = await startBroker({ port, settings: { 'advertised.listeners': `PLAINTEXT://${address}` } });
  return { address, own: { broker, door } };
}
