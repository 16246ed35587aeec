import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KillSwitchOrder } from '../../../src/app/control.ts';
import {
  killSwitchPath,
  readKillSwitchFile,
  removeKillSwitch,
  writeKillSwitch,
} from '../../../src/app/kill-switch/kill-switch-file.ts';
import { LocalKillSwitch } from '../../../src/app/kill-switch/kill-switch.ts';
import { RoutingState } from '../../../src/app/serving/routing-state.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { RoutingSnapshot } from '../../../src/kernel/phase.ts';
import { createAuditStore } from '../../../src/store/audit-store.ts';
import { setKillSwitch } from '../../../src/store/kill-switch-store.ts';
import { startPhaseWatch } from '../../../src/store/phase-notifications.ts';
import { createPhaseTestStore } from '../../store/phase-test-store.ts';
import { until } from '../../support/until.ts';

const live: RoutingSnapshot = {
  revision: 7,
  features: new Map([['orders', { feature: 'orders', reads: { phase: 'live', percent: 100 } }]]),
};
const note = { who: 'ada', why: 'prices', at: '2026-01-01T00:00:00.000Z' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-kill-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(broadcast?: (order: KillSwitchOrder) => Promise<unknown>) {
  const routing = new RoutingState();
  routing.swap(live);
  const host = new EventEmitter();
  const killSwitch = new LocalKillSwitch({ folder, routing, broadcast, log: silentLog, host });
  const isOn = (): boolean => routing.current().killSwitch !== undefined;
  return { routing, host, killSwitch, isOn, [Symbol.asyncDispose]: () => killSwitch.stop() };
}

it('its file turns it on while fig runs, without any control store, and its absence turns it off', async () => {
  await using fig = start();
  expect(fig.isOn()).toBe(false);
  await writeKillSwitch(folder, note);
  await until('it is on', fig.isOn);
  expect(fig.routing.current()).toEqual({ ...live, killSwitch: note });
  await removeKillSwitch(folder);
  await until('it is off', () => !fig.isOn());
  expect(fig.routing.current()).toBe(live);
});

it('a file that somebody made with touch, or that holds nonsense, counts', async () => {
  await mkdir(dirname(killSwitchPath(folder)), { recursive: true });
  for (const text of ['', '{"who":', '[]']) {
    await writeFile(killSwitchPath(folder), text);
    expect(await readKillSwitchFile(folder)).toMatchObject({ who: 'unknown' });
  }
});

it('SIGUSR2 turns it on at once, leaves the file for the next start, and never turns it off', async () => {
  await using fig = start();
  fig.host.emit('SIGUSR2');
  expect(fig.isOn()).toBe(true);
  await until('its file is there', () => readKillSwitchFile(folder));
  fig.host.emit('SIGUSR2');
  expect(fig.isOn()).toBe(true);
  await using next = start();
  await next.killSwitch.look();
  expect(next.isOn()).toBe(true);
});

it('takes effect also when the others cannot be told, and tells them as soon as they can be', async () => {
  let isAway = true;
  const told: KillSwitchOrder[] = [];
  await using fig = start(async (order) => {
    if (isAway) throw new Error('the store is away');
    told.push(order);
  });
  const report = await fig.killSwitch.order({ on: true, who: 'ada', why: 'prices' });
  expect(report).toMatchObject({ on: true, told: false });
  expect(fig.isOn()).toBe(true);
  isAway = false;
  await until('the others are told', () => told.length > 0);
  expect(told[0]).toMatchObject({ on: true, who: 'ada', why: 'prices' });
});

it('one that was there before the start is obeyed, and is no order to the others', async () => {
  await writeKillSwitch(folder, note);
  const told: KillSwitchOrder[] = [];
  await using fig = start(async (order) => void told.push(order));
  await fig.killSwitch.look();
  await fig.killSwitch.look();
  expect(fig.isOn()).toBe(true);
  expect(told).toEqual([]);
});

it('stays on while anything says so: the file here, or the control store', async () => {
  await using fig = start();
  fig.routing.swap({ ...live, killSwitch: note });
  await fig.killSwitch.order({ on: true, who: 'bob' });
  fig.routing.swap(live);
  expect(fig.isOn()).toBe(true);
  fig.routing.swap({ ...live, killSwitch: note });
  expect(await fig.killSwitch.order({ on: false, who: 'bob' })).toMatchObject({ on: true, told: false });
  fig.routing.swap(live);
  expect(fig.isOn()).toBe(false);
});

it('reaches every other proxy through the control store, and is audited once however often it is ordered', async () => {
  await using store = await createPhaseTestStore();
  const other = new RoutingState();
  const watch = startPhaseWatch({ storeUrl: store.url, onSnapshot: other.swap, log: silentLog });
  try {
    await using fig = start(({ on, who, why = '' }) => setKillSwitch(store.knex, { on, who, why }));
    expect(await fig.killSwitch.order({ on: true, who: 'ada', why: 'prices' })).toMatchObject({ on: true, told: true });
    await fig.killSwitch.order({ on: true, who: 'bob', why: 'again' });
    await until('the other proxy obeys', () => other.current().killSwitch?.why === 'prices');
    expect(await fig.killSwitch.order({ on: false, who: 'ada', why: 'mended' })).toMatchObject({
      on: false,
      told: true,
    });
    await until('the other proxy is back', () => other.current().killSwitch === undefined);
    const audit = await createAuditStore(store.knex).list(undefined, 10);
    expect(audit.map(({ action, to, who, why }) => [action, to, who, why])).toEqual([
      ['kill-switch', 'as the phases say', 'ada', 'mended'],
      ['kill-switch', 'legacy (kill switch)', 'ada', 'prices'],
    ]);
  } finally {
    await watch.stop();
  }
});
