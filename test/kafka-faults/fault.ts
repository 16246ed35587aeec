import type { Knex } from 'knex';
import type { Milestone } from '../../src/kernel/milestones.ts';
import type { FaultyProcess } from '../faults/faulty-process.ts';
import type { Door } from '../support/door.ts';
import { until } from '../support/until.ts';
import type { Crew, Office } from './crew.ts';
import type { Stage } from './stage.ts';

/** Something that happens in a scene. */
export type Fault<In> = (scene: In) => Promise<void>;

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
export function killAt<Whose extends string>(
  whose: Whose,
  at: Milestone,
  most: number,
): Fault<Readonly<Record<Whose, Crew>> & Pick<Stage, 'random' | 'more'>> {
  return async (scene) => {
    const crew = scene[whose];
    const dying = await crew.replaceBy({ at, nth: 1 + Math.floor(scene.random() * most) });
    const died = async (): Promise<boolean> => {
      if (!dying.isAlive) return true;
      await scene.more(5);
      throw new Error(await crew.situation());
    };
    await until(`it died at ${at}`, died, 60_000);
  };
}

/** Either side is told at once, or nothing comes through for a while before. */
export async function cut({ random, more }: Pick<Stage, 'random' | 'more'>, door: Door): Promise<void> {
  if (random() < 0.5) {
    door.silence();
    await more();
  }
  await door.shut();
  await more();
  await door.open();
}

/** Whoever works, and nobody helps the one that waits: it takes over by itself, with what the other holds open. */
export async function standStill(crew: Crew, office?: Office): Promise<FaultyProcess> {
  await crew.fill(2);
  const zombie = await crew.worker(undefined, office);
  zombie.freeze();
  await crew.worker(() => crew.alive.filter((one) => one !== zombie), office);
  return zombie;
}

/** As an administrator: the session by which a process holds its office, and not what it does in it. */
export async function endOffice(target: Knex, office: Office): Promise<void> {
  await target.raw(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?
        AND datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
    [`fig ${office}`],
  );
}
