import { until } from '../support/until.ts';
import { eventFaults } from './event-faults.ts';
import { cut, endOffice, type Fault, killAt, standStill } from './fault.ts';
import { repeatMessages } from './repeat-messages.ts';
import type { Scene } from './scene.ts';

/** What may happen to processes, connections and messages. */
const anywhere: Readonly<Record<string, Fault<Scene>>> = {
  'a leader is killed -9 when the topic has what the slot was not told of': killAt('leaders', 'sync:written', 30),
  'a projector is killed -9 between its commit and what follows': killAt('projectors', 'sync:committed', 30),
  'a projector stands still, another one takes over, and it wakes up': async (scene) => {
    const zombie = await standStill(scene.projectors);
    await scene.more();
    zombie.thaw();
  },
  'messages are delivered again, late and out of turn': async ({ events, random, more }) => {
    await repeatMessages(events, events.topic, random());
    await more();
    await repeatMessages(events, events.topic, random());
  },
  'a leader is killed -9 at any moment': async ({ leaders, random, more }) => {
    await leaders.fill(1 + Math.round(random()));
    const leader = await leaders.worker();
    await more(Math.floor(random() * 30));
    await leader.kill();
  },
  'a leader is killed -9 when changes have come': killAt('leaders', 'sync:received', 30),
  'a leader is killed -9 in a transaction that takes several requests': async (scene) => {
    const { leaders, legacy, random } = scene;
    const dying = await leaders.replaceBy({ at: 'sync:written', nth: 2 + Math.floor(random() * 8) });
    await until('it died', async () => {
      await legacy.raw(`UPDATE tallies SET updates = updates + 1, filling = repeat(md5(?), 3500)`, [String(random())]);
      return !dying.isAlive;
    });
  },
  'a leader stands still, another one takes over, and it wakes up': async (scene) => {
    const zombie = await standStill(scene.leaders);
    await scene.more();
    zombie.thaw();
  },
  'a projector is killed -9 at any moment': async ({ projectors, random, more }) => {
    await projectors.fill(1 + Math.round(random()));
    const projector = await projectors.worker();
    await more(Math.floor(random() * 30));
    await projector.kill();
  },
  'another projector comes to apply, and is killed -9': async ({ projectors, isShared, random, more }) => {
    const first = await projectors.worker();
    const second = await projectors.add();
    // Where they share read models it is given some; else it waits.
    if (isShared) await until('it has its share', async () => doesAnything(await second.ask('status')), 60_000);
    await more(Math.floor(random() * 30));
    await (random() < 0.5 ? first : second).kill();
  },
  'a projector is killed -9 when the mirror is written': killAt('projectors', 'sync:landed', 30),
  'a projector is killed -9 before its commit': killAt('projectors', 'sync:built', 30),
  'another one is given the office of the leader': async (scene) => {
    await scene.leaders.fill(2);
    await scene.leaders.worker();
    await endOffice(scene.target, 'leader');
    await scene.leaders.worker();
  },
  'another one is given the office of the projector': async (scene) => {
    await scene.projectors.fill(2);
    await scene.projectors.worker();
    await endOffice(scene.target, 'projector');
    await scene.projectors.worker();
  },
  'the connections to legacy are cut': (scene) => cut(scene, scene.doors.legacy),
  'the connections to the target and the control store are cut': (scene) => cut(scene, scene.doors.target),
  ...eventFaults,
};

/** What only a broker may go through that no other test uses. */
const ofOwnBroker: Readonly<Record<string, Fault<Scene>>> = {
  'the broker is killed -9 and starts again': async ({ broker, more }) => {
    await broker.own!.broker.halt('unclean');
    await more();
    await broker.own!.broker.start();
  },
  'the broker stands still for a while': async ({ broker, more }) => {
    broker.own!.broker.pause();
    try {
      await more(200);
    } finally {
      broker.own!.broker.resume();
    }
  },
  'the connections to the broker are cut': (scene) => cut(scene, scene.broker.own!.door),
};

export const faultsAnywhere = new Map(Object.entries(anywhere));
export const allFaults = new Map([...faultsAnywhere, ...Object.entries(ofOwnBroker)]);

function doesAnything({ does }: Readonly<Record<string, unknown>>): boolean {
  return (does as readonly string[]).length > 0;
}
