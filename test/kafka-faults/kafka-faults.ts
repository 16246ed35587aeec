import type { Knex } from 'knex';
import type { Milestone } from '../../src/kernel/milestones.ts';
import type { FaultyProcess } from '../faults/faulty-process.ts';
import type { Door } from '../support/door.ts';
import { until } from '../support/until.ts';
import type { Crew, Role } from './crew.ts';
import { repeatMessages } from './repeat-messages.ts';
import type { Scene } from './scene.ts';

type Fault = (scene: Scene) => Promise<void>;

/** What may happen to processes, connections and messages. */
const anywhere: Readonly<Record<string, Fault>> = {
  'a leader is killed -9 when the topic has what the slot was not told of': killAt('leaders', 'sync:written', 30),
  'a projector is killed -9 between its commit and what follows': killAt('projectors', 'sync:committed', 30),
  'a projector stands still, another one takes over, and it wakes up': async (scene) => {
    const { projectors, target } = scene;
    await projectors.fill(2);
    const zombie = await projectors.worker();
    zombie.freeze();
    await endOffice(target, 'projector');
    const others = () => projectors.alive.filter((one) => one !== zombie);
    // It may stand still in the middle of a transaction, whose locks the server keeps as long as the connection.
    await until('another one works, or waits for what is locked', () => worksOrWaits(scene, others), 60_000);
    await scene.more();
    zombie.thaw();
    await projectors.worker(others);
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
    const { leaders, legacy, target, more } = scene;
    await leaders.fill(2);
    const zombie = await leaders.worker();
    zombie.freeze();
    await endOffice(target, 'leader');
    // The server would do so by itself after wal_sender_timeout.
    await endReplication(legacy);
    const others = () => leaders.alive.filter((one) => one !== zombie);
    await leaders.worker(others);
    await more();
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
export function dealt(faults: ReadonlyMap<string, Fault>, seed: number, count: number): readonly [string, Fault][] {
  const all = [...faults];
  return Array.from({ length: count }, (_, n) => all[((seed - 1) * count + n) % all.length]!);
}

/** Nobody stands by: what takes over begins only when it is dead. */
function killAt(whose: 'leaders' | 'projectors', at: Milestone, most: number): Fault {
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
async function cut({ random, more }: Scene, door: Door): Promise<void> {
  if (random() < 0.5) {
    door.silence();
    await more();
  }
  await door.shut();
  await more();
  await door.open();
}

/** As an administrator: the session by which a process holds its office, and not what it does in it. */
async function endOffice(target: Knex, office: Role): Promise<void> {
  await target.raw(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?
        AND datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
    [`fig ${office}`],
  );
}

async function endReplication(legacy: Knex): Promise<void> {
  await until('the slot is free, or another one has it', async () => {
    const { rows } = await legacy.raw(
      `SELECT pg_terminate_backend(active_pid) AS ended FROM pg_replication_slots
        WHERE database = current_database() AND active_pid IS NOT NULL`,
    );
    return rows.length > 0;
  });
}

async function worksOrWaits({ target, projectors }: Scene, others: () => readonly FaultyProcess[]): Promise<boolean> {
  const { rows } = await target.raw(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length > 0 || (await projectors.findWorker(others())) !== undefined;
}
