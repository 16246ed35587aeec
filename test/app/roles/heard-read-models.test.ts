import { expect, test } from 'vitest';
import type { StoredReadModelState } from '../../../src/store/read-model-state-store.ts';
import { HeardReadModels } from '../../../src/app/roles/heard-read-models.ts';
import { storedFigures } from '../../../src/app/roles/read-model-figures.ts';

interface Told {
  readonly log: string[];
  readonly heard: HeardReadModels;
  readonly clock: { now: number };
}

/** One read model, and what was told of it, in order. */
function listener(): Told {
  const log: string[] = [];
  const clock = { now: 1_000 };
  const heard = new HeardReadModels(['orders_v1'], {
    onPosition: (name, position) => log.push(`${name} at ${position}`),
    onParked: (_name, parkings) => log.push(`parked ${parkings}`),
    now: () => clock.now,
  });
  return { log, heard, clock };
}

function state(
  over: Partial<StoredReadModelState> & { parked?: string[]; parkings?: number } = {},
): StoredReadModelState {
  const { parked = [], parkings = 0, ...rest } = over;
  return {
    readModel: 'orders_v1',
    position: 100n,
    claim: 1,
    number: 1,
    revision: 1,
    process: 'a',
    sourceLog: 'log 1',
    leftMs: 3_000,
    state: storedFigures({
      position: undefined,
      progress: { state: 'ready', progress: 1, error: undefined },
      letters: { parked, count: parked.length, parkings },
      lagSeconds: 0.1,
      heldBytes: 0,
      batch: undefined,
    }),
    ...rest,
  };
}

const current = ({ heard }: Told): bigint | undefined => heard.applied('orders_v1')?.current();

test('a position holds until its lease is over, asked at the very moment, and comes back when it is renewed', () => {
  const told = listener();
  expect(current(told)).toBeUndefined();
  told.heard.hearStates([state()], told.clock.now);
  expect(current(told)).toBe(100n);
  told.clock.now += 2_999;
  expect(current(told)).toBe(100n);
  told.clock.now += 1;
  // Nothing has ticked yet.
  expect(current(told)).toBeUndefined();
  told.heard.tick();
  expect(told.log.at(-1)).toBe('orders_v1 at undefined');
  told.heard.hearStates([state({ number: 2 })], told.clock.now);
  expect(current(told)).toBe(100n);
});

test('what is stored with a lease that is over says nothing of a position, and still names the log', () => {
  const told = listener();
  told.heard.hearStates([state({ leftMs: -5 })], told.clock.now);
  expect(current(told)).toBeUndefined();
  expect(told.heard.sourceLog()).toBe('log 1');
});

test('a notice moves a position at once, and whoever waits for it is woken', async () => {
  const told = listener();
  told.heard.hearStates([state()], told.clock.now);
  const waiting = told.heard.applied('orders_v1')!.waitFor(150n, 5_000);
  const moved = [{ readModel: 'orders_v1', position: 200n, revision: 1 }];
  expect(told.heard.hearNotice({ claim: 1, number: 2, moved })).toBe(true);
  expect(await waiting).toBe(true);
  expect(current(told)).toBe(200n);
});

test('a table that was read before a notice does not set a position back, and renews the lease all the same', () => {
  const told = listener();
  told.heard.hearStates([state()], told.clock.now);
  told.heard.hearNotice({ claim: 1, number: 3, moved: [{ readModel: 'orders_v1', position: 300n, revision: 1 }] });
  told.clock.now += 2_500;
  told.heard.hearStates([state({ number: 2, position: 200n })], told.clock.now);
  expect(current(told)).toBe(300n);
  told.clock.now += 2_500;
  expect(current(told)).toBe(300n);
});

test('a notice with news that is not known is not believed before the table was read', () => {
  const told = listener();
  told.heard.hearStates([state()], told.clock.now);
  const moved = [{ readModel: 'orders_v1', position: 200n, revision: 2 }];
  expect(told.heard.hearNotice({ claim: 1, number: 2, moved })).toBe(false);
  expect(current(told)).toBe(100n);
  told.heard.hearStates(
    [state({ number: 2, revision: 2, position: 200n, parked: ['7'], parkings: 1 })],
    told.clock.now,
  );
  expect(current(told)).toBe(200n);
  expect(told.heard.letters('orders_v1')).toMatchObject({ parked: ['7'], parkings: 1 });
  // Parked keys are told before the position that they do not stand at.
  expect(told.log.slice(-2)).toEqual(['parked 1', 'orders_v1 at 200']);
});

test('a process with an earlier claim is not believed any more, neither in notices nor in the table', () => {
  const told = listener();
  told.heard.hearStates([state()], told.clock.now);
  told.heard.hearStates([state({ claim: 2, position: undefined, process: 'b' })], told.clock.now);
  expect(current(told)).toBeUndefined();
  const moved = [{ readModel: 'orders_v1', position: 900n, revision: 1 }];
  expect(told.heard.hearNotice({ claim: 1, number: 9, moved })).toBe(true);
  told.heard.hearStates([state({ number: 10, position: 900n })], told.clock.now);
  expect(current(told)).toBeUndefined();
});

test('parkings only ever grow, also when another process counts them from the beginning', () => {
  const told = listener();
  told.heard.hearStates([state({ parked: ['1', '2'], parkings: 2 })], told.clock.now);
  const other = { process: 'b', parked: ['1', '2'], parkings: 2 };
  told.heard.hearStates([state({ claim: 2, ...other })], told.clock.now);
  expect(told.heard.letters('orders_v1')).toMatchObject({ parkings: 4 });
  // The same process with a later claim counts on.
  told.heard.hearStates([state({ claim: 3, ...other })], told.clock.now);
  expect(told.heard.letters('orders_v1')).toMatchObject({ parkings: 4 });
});

test('the list of parked keys stays the same one until it changes', () => {
  const told = listener();
  told.heard.hearStates([state({ parked: ['1'], parkings: 1 })], told.clock.now);
  const before = told.heard.letters('orders_v1')?.parked;
  told.heard.hearStates([state({ number: 2, parked: ['1'], parkings: 1 })], told.clock.now);
  expect(told.heard.letters('orders_v1')?.parked).toBe(before);
  told.heard.hearStates([state({ number: 3, parked: [], parkings: 1 })], told.clock.now);
  expect(told.heard.letters('orders_v1')?.parked).toEqual([]);
});

test('the lag grows with the time since it was told', () => {
  const told = listener();
  told.heard.hearStates([state()], told.clock.now);
  told.clock.now += 2_000;
  expect(told.heard.lagSeconds('orders_v1')).toBeCloseTo(2.1);
});

test('what another version of fig wrote in another form is no position', () => {
  const told = listener();
  told.heard.hearStates([state({ state: { progress: 'all of it' } })], told.clock.now);
  expect(current(told)).toBeUndefined();
});
