import { expect, test } from 'vitest';
import { WriteWatch, type FoundWriter } from '../../shadow/write-watch.ts';

/** A watch whose time and database are numbers. */
class World {
  readonly writers: FoundWriter[] = [];
  readonly unnamed: FoundWriter[] = [];
  readonly watch: WriteWatch;
  now = 0;
  written = 0n;
  locked: string[] = [];

  constructor(harmless: readonly string[] = []) {
    this.watch = new WriteWatch({
      harmless: () => harmless,
      quietMs: 300,
      onWriter: (found) => void this.writers.push(found),
      onUnnamed: (found) => void this.unnamed.push(found),
    });
  }

  write(...tables: string[]): void {
    this.written += 1n;
    this.locked = tables;
  }

  /** Time in which nobody asks, with looks at the database. */
  quiet(ms = 900, locked: readonly string[] = []): void {
    for (const end = this.now + ms; this.now < end; this.now += 100) {
      this.watch.looked(this.written, this.now, this.now + 1);
      if (this.watch.isNaming) this.watch.sightedInQuiet(locked, this.now);
    }
  }

  /** A request from its beginning to its end. */
  request(during: () => void = () => undefined, servedBy: 'legacy' | 'candidate' = 'legacy', ms = 20): void {
    this.watch.began();
    const sighting = this.watch.matched('orders', 'GET /orders/:id');
    during();
    if (sighting) this.watch.sighted(sighting, this.locked);
    this.locked = [];
    this.now += ms;
    const alone = this.watch.ended(servedBy === 'legacy', this.now);
    if (alone) this.watch.closed(alone, this.written, this.now + 1);
  }
}

test('a route that writes is found, with its tables, once', () => {
  const world = new World();
  for (let i = 0; i < 80; i += 1) {
    world.request(() => world.write('public.view_log'));
    world.quiet();
  }
  expect(world.writers).toEqual([
    { feature: 'orders', route: 'GET /orders/:id', tables: ['public.view_log'], pairs: 20 },
  ]);
});

test.each<[string, (world: World) => void]>([
  [
    'does not write, beside a job that does',
    (world) => {
      world.request();
      world.quiet(500);
      world.write('public.jobs');
      world.quiet(400);
    },
  ],
  [
    'is answered by the candidate',
    (world) => {
      world.request(() => world.write('public.view_log'), 'candidate');
      world.quiet();
    },
  ],
  [
    'is never alone',
    (world) => {
      world.watch.began();
      world.request(() => world.write('public.view_log'));
      world.watch.ended(true, world.now);
      world.quiet();
    },
  ],
  [
    'is asked while it is not quiet',
    (world) => {
      world.request(() => world.write('public.view_log'));
      world.quiet(300);
    },
  ],
  [
    'takes longer than the database was looked at before',
    (world) => {
      world.request(() => world.write('public.view_log'), 'legacy', 5_000);
      world.quiet();
    },
  ],
])('a route that %s is not convicted', (_, round) => {
  const world = new World();
  for (let i = 0; i < 100; i += 1) round(world);
  expect(world.writers).toEqual([]);
  expect(world.unnamed).toEqual([]);
});

test('writes to tables that are said to be harmless do not count, in any schema or in the one that is named', () => {
  for (const harmless of [['view_log'], ['public.view_log']]) {
    const world = new World(harmless);
    for (let i = 0; i < 80; i += 1) {
      world.request(() => world.write('public.view_log'));
      world.quiet();
    }
    expect(world.writers).toEqual([]);
    expect(world.unnamed).toEqual([]);
  }
});

test('a route that writes to a harmless table and to another is told by the other', () => {
  const world = new World(['sessions']);
  for (let i = 0; i < 80; i += 1) {
    world.request(() => world.write('public.sessions', 'public.orders'));
    world.quiet();
  }
  expect(world.writers).toMatchObject([{ tables: ['public.orders'] }]);
});

test('a request that begins before the last look is answered takes the span from the one before it', () => {
  const world = new World();
  for (let i = 0; i < 60; i += 1) {
    world.watch.began();
    world.watch.matched('orders', 'GET /orders/:id');
    world.write('public.view_log');
    const alone = world.watch.ended(true, world.now);
    world.watch.began();
    if (alone) world.watch.closed(alone, world.written, world.now);
    world.watch.ended(true, world.now);
    world.quiet();
  }
  expect(world.writers).toEqual([]);
});

test('the table of a job that works all the time is not named, and a route whose tables are never seen is only told', () => {
  const beside = new World();
  for (let i = 0; i < 80; i += 1) {
    beside.request(() => beside.write('public.view_log', 'public.jobs'));
    beside.quiet(900, ['public.jobs']);
  }
  expect(beside.writers).toMatchObject([{ tables: ['public.view_log'] }]);
  const unseen = new World();
  for (let i = 0; i < 500; i += 1) {
    unseen.request(() => unseen.write());
    unseen.quiet();
  }
  expect(unseen.writers).toEqual([]);
  expect(unseen.unnamed).toEqual([{ feature: 'orders', route: 'GET /orders/:id', tables: [], pairs: 20 }]);
});
