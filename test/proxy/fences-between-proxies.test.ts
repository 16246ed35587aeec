import { expect, test } from 'vitest';
import { fenceNoteIn } from '../../proxy/fence-cookie.ts';
import { OwnWrites } from '../../proxy/own-writes.ts';
import type { OwnWritesOptions } from '../../proxy/own-writes-options.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { routingOf } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

/** Whatever asks the scripted source has its answer by then. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const secret = Buffer.from('shared by all proxies');

/** Several proxies of one migration. Their machines' clocks count alike; what they take for the time may differ. */
class Fleet {
  now = 1_700_000_000_000;
  log: string | undefined = 'log-a';
  readonly source = new ScriptedSource();
  readonly applied = new ScriptedApplied(100n);

  proxy(phase: 'legacy' | 'shadow' | 'live', more: Partial<OwnWritesOptions> = {}) {
    let routing = routingOf(phase);
    const ownWrites = new OwnWrites({
      source: this.source,
      applied: () => this.applied,
      routing: () => routing,
      fenceBudgetMs: 10,
      secret,
      secureCookies: false,
      sourceLog: () => this.log,
      log: silentLog,
      now: () => this.now,
      wallNow: () => this.now,
      ...more,
    });
    ownWrites.learn(routing);
    return {
      enter: (next: 'legacy' | 'shadow' | 'live') => ownWrites.learn((routing = routingOf(next))),
      /** What the visitor carries afterwards. */
      write: async (visitor: string, note?: ReturnType<typeof fenceNoteIn>) => {
        const write = ownWrites.begin(visitor, note);
        const [, cookie] = await write.atHead([]);
        await write.atEnd(true);
        return fenceNoteIn(secret, cookie?.split(';')[0]);
      },
      read: (visitor: string, note?: ReturnType<typeof fenceNoteIn>) => ownWrites.fenceFor('orders', visitor, note),
    };
  }
}

test('a write through one proxy holds back a read through another, by the cookie alone', async () => {
  const fleet = new Fleet();
  const [one, two] = [fleet.proxy('live'), fleet.proxy('live')];
  await settled();
  expect(await two.read('ann')).toBe('reached');
  fleet.source.position = 200n;
  const note = await one.write('ann');
  expect(note).toMatchObject({ fence: 200n, isKnown: true, log: 'log-a' });
  expect(await two.read('ann', note)).toBe('fence-timeout');
  fleet.applied.reach(200n);
  expect(await two.read('ann', note)).toBe('reached');
});

test.each([-3_600_000, -30_001, 60_001, 3_600_000])(
  'a clock that is %d ms ahead at the proxy that was written through takes nothing from the fence',
  async (ahead) => {
    const fleet = new Fleet();
    const one = fleet.proxy('live', { wallNow: () => fleet.now + ahead });
    const two = fleet.proxy('live');
    await settled();
    fleet.source.position = 200n;
    const note = await one.write('ann');
    expect(await two.read('ann', note)).toBe('fence-timeout');
    fleet.applied.reach(200n);
    expect(await two.read('ann', note)).toBe('reached');
  },
);

test.each([-3_600_000, -30_001, 0, 3_600_000])(
  'a write of unknown position has its time to commit, whatever a clock that is %d ms ahead says',
  async (ahead) => {
    const fleet = new Fleet();
    const one = fleet.proxy('live', { wallNow: () => fleet.now + ahead });
    const two = fleet.proxy('live');
    await settled();
    // What two knows of the visitor says nothing about a later write.
    await two.write('ann');
    fleet.source.mood = 'refuses';
    const note = await one.write('ann');
    fleet.source.mood = 'answers';
    expect(note).toMatchObject({ isKnown: false });
    expect(await two.read('ann', note)).toBe('fence-unknown');
    // It commits at the last moment.
    fleet.now += 29_999;
    fleet.source.position = 200n;
    expect(await two.read('ann', note)).toBe('fence-unknown');
    fleet.now += 2;
    expect(await two.read('ann', note)).toBe('fence-timeout');
    fleet.applied.reach(200n);
    expect(await two.read('ann', note)).toBe('reached');
  },
);

test('a later write does not pay for one that may still commit, and makes it last no longer', async () => {
  const fleet = new Fleet();
  const [one, two, three] = [fleet.proxy('live'), fleet.proxy('live'), fleet.proxy('live')];
  await settled();
  fleet.source.mood = 'refuses';
  const first = await one.write('ann');
  fleet.source.mood = 'answers';
  fleet.now += 5_000;
  const second = await two.write('ann', first);
  expect(await three.read('ann', second)).toBe('fence-unknown');
  fleet.source.position = 200n;
  fleet.now += 20_000;
  const third = await two.write('ann', second);
  expect(await three.read('ann', third)).toBe('fence-unknown');
  fleet.now += 10_001;
  expect(await three.read('ann', third)).toBe('fence-timeout');
  expect(await two.write('ann', third)).toMatchObject({ fence: 200n, isKnown: true });
});

test('a proxy that has not heard of the phases of late notes writes without asking the source, for one that serves already', async () => {
  const fleet = new Fleet();
  const serving = fleet.proxy('live');
  await settled();
  const shadowing = fleet.proxy('shadow', { isRoutingFresh: () => false });
  fleet.source.position = 200n;
  const note = await shadowing.write('ann');
  expect(note).toMatchObject({ isKnown: false, log: '' });
  expect(fleet.source.reads).toBe(1);
  expect(await serving.read('ann', note)).toBe('fence-unknown');
  // Once the write must be over, its position is learned by one read.
  fleet.now += 30_001;
  expect(await serving.read('ann', note)).toBe('fence-timeout');
  fleet.applied.reach(200n);
  expect(await serving.read('ann', note)).toBe('reached');
});

test('while nothing is served and the phases are fresh, no cookie is set', async () => {
  for (const phase of ['legacy', 'shadow'] as const)
    expect(await new Fleet().proxy(phase).write('ann')).toBeUndefined();
});

test('a proxy that has just entered leaves reads with legacy until the others have heard of it too', async () => {
  const fleet = new Fleet();
  const proxy = fleet.proxy('shadow', { entryGraceMs: 2_000 });
  proxy.enter('live');
  expect(await proxy.read('ann')).toBe('fence-unknown');
  expect(fleet.source.reads).toBe(0);
  // A write of these two seconds, through a proxy that sets no cookies yet, lies below the floor.
  fleet.source.position = 200n;
  fleet.now += 2_000;
  expect(await proxy.read('ann')).toBe('fence-unknown');
  await settled();
  expect(await proxy.read('ann')).toBe('fence-timeout');
  fleet.applied.reach(200n);
  expect(await proxy.read('ann')).toBe('reached');
});

test('a fence of another log sends to legacy for as long as its cookie lives, and others are served', async () => {
  const fleet = new Fleet();
  const one = fleet.proxy('live');
  await settled();
  const note = await one.write('ann');
  fleet.log = 'log-b';
  const two = fleet.proxy('live');
  await settled();
  expect(await two.read('ann', note)).toBe('fence-of-another-log');
  expect(await two.read('bob')).toBe('reached');
  // A write in the new log replaces the cookie.
  expect(await two.write('ann', note)).toMatchObject({ fence: 100n, log: 'log-b' });
});

test('after a failover nothing that was known by the old log serves anybody or holds anybody back for ever', async () => {
  const fleet = new Fleet();
  fleet.source.position = 900n;
  fleet.applied.reach(900n);
  const proxy = fleet.proxy('live');
  await settled();
  await proxy.write('ann');
  expect(await proxy.read('ann')).toBe('reached');
  fleet.log = 'log-b';
  fleet.source.position = 50n;
  fleet.applied.reach(50n);
  expect(await proxy.read('bob')).toBe('fence-unknown');
  expect(await proxy.read('ann')).toBe('fence-unknown');
  await settled();
  fleet.now += 30_001;
  expect(await proxy.read('ann')).toBe('reached');
  expect(await proxy.read('bob')).toBe('reached');
});

test('while the log is not known, whoever carries a note reads from legacy', async () => {
  const fleet = new Fleet();
  const one = fleet.proxy('live');
  await settled();
  const note = await one.write('ann');
  fleet.log = undefined;
  expect(await one.read('ann', note)).toBe('fence-unknown');
});
