import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { OwnWrites } from '../../proxy/own-writes.ts';
import { fenceNoteIn } from '../../proxy/fence-cookie.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { routingOf } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const secret = Buffer.from('secret');

async function setUp(maxVisitors = 100) {
  const source = new ScriptedSource();
  const applied = new ScriptedApplied(100n);
  const routing = routingOf('live');
  const clock = { now: 1_000_000 };
  const ownWrites = new OwnWrites({
    source,
    applied: () => applied,
    routing: () => routing,
    fenceBudgetMs: 5,
    secret,
    secureCookies: false,
    log: silentLog,
    maxVisitors,
    now: () => clock.now,
    wallNow: () => clock.now,
  });
  ownWrites.learn(routing);
  while ((await ownWrites.fenceFor('orders', 'nobody', undefined)) !== 'reached') await setImmediate();
  return { source, applied, clock, ownWrites };
}

test('after the pin the position is read anew, so that what was committed meanwhile is covered', async () => {
  const { source, applied, clock, ownWrites } = await setUp();
  await ownWrites.begin('ann', undefined).atEnd(false);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-unknown');
  clock.now += 29_999;
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-unknown');
  clock.now += 1;
  source.position = 200n;
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-timeout');
  const { reads } = source;
  applied.reach(200n);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('reached');
  expect(source.reads).toBe(reads);
});

test('after the pin a source that still does not answer keeps the reads with legacy', async () => {
  const { source, clock, ownWrites } = await setUp();
  await ownWrites.begin('ann', undefined).atEnd(false);
  clock.now += 30_000;
  source.mood = 'refuses';
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-unknown');
});

test('an answer of a later write does not settle an earlier one that may still commit', async () => {
  const { ownWrites } = await setUp();
  await ownWrites.begin('ann', undefined).atEnd(false);
  const later = ownWrites.begin('ann', undefined);
  await later.atHead([]);
  await later.atEnd(true);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-unknown');
});

test('a cookie that says unknown counts like a pin in a proxy that knows nothing of the visitor', async () => {
  const { source, clock, ownWrites } = await setUp();
  const note = { fence: 0n, at: clock.now, isKnown: false, log: '' };
  expect(await ownWrites.fenceFor('orders', 'ann', note)).toBe('fence-unknown');
  clock.now += 30_000;
  source.position = 200n;
  expect(await ownWrites.fenceFor('orders', 'ann', note)).toBe('fence-timeout');
});

test('visitors that are forgotten are still fenced, together with everybody else', async () => {
  const { source, applied, ownWrites } = await setUp(2);
  for (const [index, visitor] of ['ann', 'bob', 'cat'].entries()) {
    source.position = 200n + BigInt(index);
    const write = ownWrites.begin(visitor, undefined);
    await write.atHead([]);
    await write.atEnd(true);
  }
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-timeout');
  applied.reach(200n);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('reached');
  expect(await ownWrites.fenceFor('orders', 'cat', undefined)).toBe('fence-timeout');
});

test('two writes at once are both waited for', async () => {
  const { ownWrites } = await setUp();
  const one = ownWrites.begin('ann', undefined);
  const two = ownWrites.begin('ann', undefined);
  await one.atHead([]);
  await one.atEnd(true);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('write-in-flight');
  await two.atHead([]);
  await two.atEnd(true);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('reached');
});

test('a cookie never lowers what an earlier one said', async () => {
  const { clock, ownWrites } = await setUp();
  const lines = await ownWrites.begin('ann', { fence: 900n, at: clock.now, isKnown: true, log: '' }).atHead([]);
  expect(lines[0]).toBe('Set-Cookie');
  const carried = fenceNoteIn(secret, lines[1]?.split(';')[0]);
  expect(carried).toEqual({ fence: 900n, at: clock.now, isKnown: true, log: '' });
});

test('a read model whose waiting fails leaves the read to legacy', async () => {
  const { source, applied, ownWrites } = await setUp();
  source.position = 200n;
  const write = ownWrites.begin('ann', undefined);
  await write.atHead([]);
  await write.atEnd(true);
  applied.waitFor = () => Promise.reject(new Error('broken'));
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-unknown');
  applied.waitFor = () => new Promise(() => undefined);
  expect(await ownWrites.fenceFor('orders', 'ann', undefined)).toBe('fence-timeout');
});
