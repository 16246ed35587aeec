import { afterAll, beforeAll, test } from 'vitest';
import { startBroker } from '../../examples/kafka/broker.ts';
import { freePorts } from '../../examples/kafka/free-ports.ts';
import { Door } from '../support/door.ts';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { connectorFaults } from './connector-faults.ts';
import { withConnectorScene } from './connector-scene.ts';
import { allFaults, dealt, type Fault, faultsAnywhere } from './kafka-faults.ts';
import { type BrokerOfScenes, withScene } from './scene.ts';

/**
 * `npm run faults:kafka` does 106, or with a seed those of that seed. A test run does a few, on the broker of
 * all tests.
 */
const { FIG_FAULT_RUNS: wanted, FIG_FAULT_SEED: repeated } = process.env;
const isAll = wanted !== undefined || repeated !== undefined;
const FAULTS_PER_SCENE = 4;
/** Of the scenes one in so many has Debezium as the source. It takes long to start, so more happens in it. */
const CONNECTOR_EVERY = 13;
const FAULTS_PER_CONNECTOR = 5;
const runs = repeated === undefined ? Number(wanted ?? 2) : FAULTS_PER_SCENE;
const firstSeed = Number(repeated ?? 1);

const all = Array.from({ length: Math.ceil(runs / FAULTS_PER_SCENE) }, (_, n) => firstSeed + n);
const isOfConnector = (seed: number): boolean => isAll && seed % CONNECTOR_EVERY === 0;
const scenes = all.filter((seed) => !isOfConnector(seed));
const connectorScenes = all.filter(isOfConnector);
const done = new Map<string, { count: number; ms: number }>();
let anew = 0;

describeWithKafka('each change takes effect once, in order, and none is lost', () => {
  let broker: BrokerOfScenes;

  beforeAll(async () => {
    broker = isAll ? await startOwn() : { address: await sharedKafka(), own: undefined };
  }, 300_000);
  afterAll(async () => {
    await broker?.own?.broker.stop();
    await broker?.own?.door.shut();
    const lines = [...done]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { count, ms }]) => `  ${count} x ${name}, ${(ms / count / 1000).toFixed(1)} s each\n`);
    const count = [...done.values()].reduce((sum, each) => sum + each.count, 0);
    const told = anew > 0 ? ` (${anew} with read models built again, where a connector may have left rows out)` : '';
    process.stdout.write(
      `faults: ${count} runs through Kafka: 0 lost, 0 doubled, order kept${told}\n${lines.join('')}`,
    );
  });

  test.each(scenes)('whatever happens, with seed %i', { timeout: FAULTS_PER_SCENE * 180_000 }, async (seed) => {
    const faults = dealt(isAll ? allFaults : faultsAnywhere, seed, Math.min(runs, FAULTS_PER_SCENE));
    await withScene(seed, broker, (run) => inTurn(seed, faults, run));
  });

  // There is none in a test run.
  test.each(connectorScenes)(
    'whatever happens to a connector, with seed %i',
    { timeout: FAULTS_PER_CONNECTOR * 240_000 },
    async (seed) => {
      const faults = dealt(connectorFaults, seed / CONNECTOR_EVERY, FAULTS_PER_CONNECTOR);
      await withConnectorScene(seed, broker, (run) =>
        inTurn(seed, faults, async (fault) => {
          if (await run(fault)) anew += 1;
        }),
      );
    },
  );
});

async function inTurn<In>(
  seed: number,
  faults: readonly (readonly [string, Fault<In>])[],
  run: (fault: Fault<In>) => Promise<void>,
): Promise<void> {
  for (const [name, fault] of faults) {
    const startedAt = performance.now();
    try {
      await run(fault);
    } catch (error) {
      throw new Error(`when ${name}; repeat with FIG_FAULT_SEED=${seed}`, { cause: error });
    }
    const { count, ms } = done.get(name) ?? { count: 0, ms: 0 };
    done.set(name, { count: count + 1, ms: ms + performance.now() - startedAt });
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
