import type { Knex } from 'knex';
import type { Milestone } from '../../src/kernel/milestones.ts';
import type { FaultyProcess } from '../faults/faulty-process.ts';
import type { Door } from '../support/door.ts';
import { until } from '../support/until.ts';
import type { Crew, Role } from './crew.ts';
import { repeatMessages } from './repeat-messages.ts';
import type { Scene } from './scene.ts';

/** Something that happens in a scene. */
export type Fault<In = Scene> = (scene: In) => Promise<void>;

/** What may happen to processes, connections and messages. */
const anywhere: Readonly<Record<string, Fault>> = {
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
};

/** What only a broker may go through that no other test uses. */
const ofOwnBroker: Readonly<Record<string, Fault>> = {
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

/** So many of them: the same ones for the same seed, and every one in turn as the seeds go on. */
export function dealt<In>(
  faults: ReadonlyMap<string, Fault<In>>,
  seed: number,
  count: number,
): readonly [string, Fault<In>][] {
  const all = [...faults];
  return Array.from({ length: count }, (_, n) => all[((seed - 1) * count + n) % all.length]!);
}

/** Nobody stands by: what takes over begins only when it is dead. */
export function killAt<Whose extends 'leaders' | 'projectors'>(
  whose: Whose,
  at: Milestone,
  most: number,
): Fault<Pick<Scene, Whose | 'random'>> {
  return async (scene) => {
    const crew: Crew = scene[whose];
    const dying = await crew.replaceBy({ at, nth: 1 + Math.floor(scene.random() * most) });
    const died = async (): Promise<boolean> => {
      if (dying.isAlive) throw new Error(await crew.situation());
      return true;
    };
    await until(`it died at ${at}`, died, 60_000);
  };
}

/** Either side is told at once, or nothing comes through for a while before. */
export async function cut({ random, more }: Pick<Scene, 'random' | 'more'>, door: Door): Promise<void> {
  if (random() < 0.5) {
    door.silence();
    await more();
  }
  await door.shut();
  await more();
  await door.open();
}

/** Whoever works, and nobody helps the one that waits: it takes over by itself, with what the other holds open. */
export async function standStill(crew: Crew): Promise<FaultyProcess> {
  await crew.fill(2);
  const zombie = await crew.worker();
  zombie.freeze();
  await crew.worker(() => crew.alive.filter((one) => one !== zombie));
  return zombie;
}

/** As an administrator: the session by which a process holds its office, and not what it does in it. */
async function endOffice(target: Knex, office: Role): Promise<void> {
  await target.raw(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?
        AND datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
    [`fig ${office}`],
  );
}
