import { afterAll, beforeAll, test } from 'vitest';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { connectorFaults } from './connector-faults.ts';
import { withConnectorScene } from './connector-scene.ts';
import { dealt, type Fault } from './fault.ts';
import { allFaults, faultsAnywhere } from './kafka-faults.ts';
import { Lanes } from './lanes.ts';
import { RunBook } from './run-book.ts';
import { withScene } from './scene.ts';

/**
 * `npm run faults:kafka` does 106, or with a seed those of that seed. A test run does a few, on the broker of
 * all tests.
 */
const { FIG_FAULT_RUNS: wanted, FIG_FAULT_SEED: repeated, FIG_FAULT_LANES: lanesWanted = '3' } = process.env;
const isAll = wanted !== undefined || repeated !== undefined;
const FAULTS_PER_SCENE = 4;
/** Of the scenes one in so many has Debezium as the source. It takes long to start, so more happens in it. */
const CONNECTOR_EVERY = 13;
const FAULTS_PER_CONNECTOR = 5;
const runs = repeated === undefined ? Number(wanted ?? 2) : FAULTS_PER_SCENE;
const firstSeed = Number(repeated ?? 1);

const all = Array.from({ length: Math.ceil(runs / FAULTS_PER_SCENE) }, (_, n) => firstSeed + n);
const isOfConnector = (seed: number): boolean => isAll && seed % CONNECTOR_EVERY === 0;
/** Those that take longest begin first. */
const scenes = [...all.filter(isOfConnector), ...all.filter((seed) => !isOfConnector(seed))];
/** A bound against hanging: scenes wait for each other's brokers. */
const BUDGET_MS = (1 + scenes.length) * 240_000;
const book = new RunBook();

describeWithKafka('each change and each event takes effect once, in order, and none is lost', () => {
  let lanes: Lanes;

  beforeAll(async () => {
    const count = Math.min(Number(lanesWanted), scenes.length);
    lanes = isAll ? await Lanes.start(count) : new Lanes([{ address: await sharedKafka(), own: undefined }]);
  }, 300_000);
  afterAll(async () => {
    await lanes?.[Symbol.asyncDispose]();
    process.stdout.write(book.toString());
  });

  test.concurrent.each(scenes)('whatever happens, with seed %i', { timeout: BUDGET_MS }, async (seed) => {
    await lanes.use((broker) => (isOfConnector(seed) ? playConnector(seed, broker) : play(seed, broker)));
  });
});

type Broker = Parameters<typeof withScene>[1];

async function play(seed: number, broker: Broker): Promise<void> {
  const faults = dealt(isAll ? allFaults : faultsAnywhere, seed, Math.min(runs, FAULTS_PER_SCENE));
  const startedAt = performance.now();
  const published = await withScene(seed, broker, (run) => {
    book.setUp('beginning of a scene', performance.now() - startedAt);
    return inTurn(seed, faults, run);
  });
  book.published(published);
}

async function playConnector(seed: number, broker: Broker): Promise<void> {
  const faults = dealt(connectorFaults, seed / CONNECTOR_EVERY, FAULTS_PER_CONNECTOR);
  const startedAt = performance.now();
  const published = await withConnectorScene(seed, broker, (run) => {
    book.setUp('beginning of a scene with a connector', performance.now() - startedAt);
    return inTurn(seed, faults, async (fault) => {
      if (await run(fault)) book.builtAnew();
    });
  });
  book.published(published);
}

async function inTurn<In>(
  seed: number,
  faults: readonly (readonly [string, Fault<In>])[],
  run: (fault: Fault<In>) => Promise<void>,
): Promise<void> {
  for (const [name, fault] of faults) {
    try {
      await book.run(name, () => run(fault));
      if (isAll) process.stdout.write(`  seed ${seed}: ${name}: nothing lost\n`);
    } catch (error) {
      throw new Error(`when ${name}; repeat with FIG_FAULT_SEED=${seed}`, { cause: error });
    }
  }
}
