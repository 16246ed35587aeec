import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeardReadModels } from '../../../src/app/roles/heard-read-models.ts';
import { publishReadModels, type ReadModelPublisher } from '../../../src/app/roles/publish-read-models.ts';
import type { ReadModelFigures } from '../../../src/app/roles/read-model-figures.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { readModelChannel } from '../../../src/store/read-model-state-store.ts';
import { startReadModelWatch } from '../../../src/store/read-model-watch.ts';
import type { Service } from '../../../src/kernel/service.ts';
import { createStoreDatabase, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let database: TestDatabase;

beforeAll(async () => {
  database = await createStoreDatabase();
  const store = openStore(database.url, { applicationName: 'test' });
  await store.destroy();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

const working: ReadModelFigures = {
  position: undefined,
  progress: { state: 'ready', progress: 1, error: undefined },
  letters: { parked: [], count: 0, parkings: 0 },
  lagSeconds: 0,
  heldBytes: 0,
  batch: undefined,
};

/** A process that keeps one read model, as far as the others can tell. */
class Keeper {
  readonly publisher: ReadModelPublisher;
  figures = working;
  isHolder: boolean | undefined;

  constructor(process: string, isHolder: boolean | undefined, position: bigint | undefined, readModel = 'orders_v1') {
    this.isHolder = isHolder;
    this.figures = { ...this.figures, position };
    this.publisher = publishReadModels({
      storeUrl: database.url,
      process,
      readModels: [readModel],
      figures: () => this.figures,
      sourceLog: () => 'log 1',
      isHolder: () => this.isHolder,
      log: quiet,
    });
  }

  moveTo(position: bigint | undefined): void {
    this.figures = { ...this.figures, position };
    this.publisher.moved(position !== undefined);
    if (position !== undefined) this.publisher.hasten();
  }
}

const one = '00000000-0000-4000-8000-000000000001';
const two = '00000000-0000-4000-8000-000000000002';

/** A process that hears of it. */
function listen(
  pollMs?: number,
  readModel = 'orders_v1',
): { heard: HeardReadModels; watch: Service; at: () => bigint | undefined } {
  const heard = new HeardReadModels([readModel], { onPosition: () => undefined, onParked: () => undefined });
  const watch = startReadModelWatch({
    storeUrl: database.url,
    onStates: (states, askedAt) => heard.hearStates(states, askedAt),
    onNotice: (notice) => heard.hearNotice(notice),
    log: quiet,
    ...(pollMs !== undefined && { pollMs }),
  });
  return { heard, watch, at: () => heard.applied(readModel)?.current() };
}

test('a move reaches another process by a notice, long before it looks by itself', async () => {
  const keeper = new Keeper(one, true, 100n);
  const { heard, watch, at } = listen(60_000);
  await until('the first position is known', () => at() === 100n);
  for (let position = 101n; position < 120n; position += 1n) {
    const waiting = heard.applied('orders_v1')!.waitFor(position, 2_000);
    keeper.moveTo(position);
    expect(await waiting).toBe(true);
  }
  await keeper.publisher.stop();
  await until('it is withdrawn at the stop', () => at() === undefined);
  await watch.stop();
});

test('a notice that is lost is healed by the next look', async () => {
  const keeper = new Keeper(one, true, 200n, 'lost_v1');
  const { watch, at } = listen(100, 'lost_v1');
  await until('the first position is known', () => at() === 200n);
  // The publisher is not told, so there is none; only its next renewal says so.
  keeper.figures = { ...keeper.figures, position: 250n };
  await until('it is known without any notice', () => at() === 250n);
  await keeper.publisher.stop();
  await watch.stop();
});

test('parked keys are known with the position that does not cover them', async () => {
  const keeper = new Keeper(one, true, 300n, 'parked_v1');
  const { heard, watch, at } = listen(60_000, 'parked_v1');
  await until('the first position is known', () => at() === 300n);
  for (let n = 1; n <= 20; n += 1) {
    const position = 300n + BigInt(n);
    const parked = Array.from({ length: n }, (_, key) => String(key));
    keeper.figures = { ...keeper.figures, letters: { parked, count: n, parkings: n } };
    const waiting = heard.applied('parked_v1')!.waitFor(position, 2_000);
    keeper.moveTo(position);
    expect(await waiting).toBe(true);
    expect(heard.letters('parked_v1')?.parked).toHaveLength(n);
  }
  await keeper.publisher.stop();
  await watch.stop();
});

test('a position that is withdrawn is gone everywhere at once', async () => {
  const keeper = new Keeper(one, true, 400n, 'withdrawn_v1');
  const { watch, at } = listen(60_000, 'withdrawn_v1');
  await until('the first position is known', () => at() === 400n);
  keeper.moveTo(undefined);
  await until('it is withdrawn', () => at() === undefined, 1_000);
  keeper.moveTo(401n);
  await until('it is back', () => at() === 401n);
  await keeper.publisher.stop();
  await watch.stop();
});

test('of two processes the one that took over is believed, whatever the other goes on to say', async () => {
  const first = new Keeper(one, true, 500n, 'contended_v1');
  // As proxies look: a notice may come before its row can be read, and only that one was told here.
  const { watch, at } = listen(500, 'contended_v1');
  await until('the first is believed', () => at() === 500n);
  const second = new Keeper(two, false, 505n, 'contended_v1');
  // It waits while it does not capture.
  first.moveTo(501n);
  await until('the first is believed', () => at() === 501n);
  second.isHolder = true;
  await until('the second is believed', () => at() === 505n);
  first.moveTo(900n);
  first.moveTo(undefined);
  second.moveTo(506n);
  await until('the second is believed', () => at() === 506n);
  await first.publisher.stop();
  second.moveTo(507n);
  await until('the end of the first takes nothing back', () => at() === 507n);
  await second.publisher.stop();
  await watch.stop();
});

/** A process that keeps some of two read models. */
class Sharer {
  readonly held: Set<string>;
  readonly publisher: ReadModelPublisher;
  position: bigint;

  constructor(process: string, held: readonly string[], position: bigint) {
    this.held = new Set(held);
    this.position = position;
    this.publisher = publishReadModels({
      storeUrl: database.url,
      process,
      readModels: ['left_v1', 'right_v1'],
      figures: () => ({ ...working, position: this.position }),
      sourceLog: () => 'log 1',
      isHolder: (name) => this.held.has(name),
      isGivenUp: (name) => !this.held.has(name),
      log: quiet,
    });
  }

  moveTo(position: bigint): void {
    this.position = position;
    this.publisher.moved(true);
    this.publisher.hasten();
  }
}

test('two processes tell of a read model each, and one that is handed over is told by the other from then on', async () => {
  const first = new Sharer(one, ['left_v1', 'right_v1'], 800n);
  const left = listen(60_000, 'left_v1');
  const right = listen(60_000, 'right_v1');
  await until('the first tells of both', () => left.at() === 800n && right.at() === 800n);
  const second = new Sharer(two, [], 805n);
  first.held.delete('right_v1');
  // Its last word of what it gave up holds until somebody else speaks.
  first.moveTo(802n);
  await until('the first tells of what it kept', () => left.at() === 802n);
  expect(right.at()).toBe(800n);
  second.held.add('right_v1');
  await until('the second tells of one', () => right.at() === 805n);
  first.moveTo(900n);
  second.moveTo(806n);
  await until('each tells of its own', () => left.at() === 900n && right.at() === 806n);
  expect([left.heard.processOf('left_v1'), right.heard.processOf('right_v1')]).toEqual([one, two]);
  // The end of one withdraws nothing of the other.
  await first.publisher.stop();
  await until('what it kept is withdrawn', () => left.at() === undefined);
  second.held.add('left_v1');
  second.moveTo(901n);
  await until('the second tells of both', () => left.at() === 901n && right.at() === 901n);
  await second.publisher.stop();
  await Promise.all([left.watch.stop(), right.watch.stop()]);
});

test('where nothing is captured, the second of two takes over when the first has ended', async () => {
  const first = new Keeper(one, undefined, 600n, 'batch_v1');
  const { heard, watch, at } = listen(60_000, 'batch_v1');
  await until('the first is believed', () => at() === 600n);
  const second = new Keeper(two, undefined, 605n, 'batch_v1');
  first.moveTo(601n);
  await until('the first is still believed', () => at() === 601n);
  expect(heard.processOf('batch_v1')).toBe(one);
  await first.publisher.stop();
  await until('the second is believed', () => at() === 605n);
  await second.publisher.stop();
  await watch.stop();
});

test('on a store that legacy shares, telling of idle moves does not go round', async () => {
  const keeper = new Keeper(one, true, 700n, 'idle_v1');
  const listener = new Client({ connectionString: database.url });
  await listener.connect();
  let notices = 0;
  listener.on('notification', () => {
    notices += 1;
    // What is told moves the log, and with it the position.
    keeper.figures = { ...keeper.figures, position: (keeper.figures.position ?? 0n) + 100n };
    keeper.publisher.moved(true);
  });
  await listener.query(`LISTEN ${readModelChannel}`);
  keeper.moveTo(701n);
  await until('it has gone round a few times', () => notices > 5);
  const [before, since] = [notices, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect((notices - before) / ((performance.now() - since) / 1_000)).toBeLessThan(16);
  await listener.end();
  await keeper.publisher.stop();
});
