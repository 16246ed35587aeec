import { expect } from 'vitest';
import { Crew } from './crew.ts';
import { expectEqual, tablesOf } from './expect-equal.ts';
import { type BrokerOfScenes, type Stage, withStage } from './stage.ts';

/** Legacy that is written to, a topic, and processes that lead and apply. */
export interface Scene extends Stage {
  readonly leaders: Crew;
  readonly projectors: Crew;
  /** Whether projectors divide the read models among themselves. */
  readonly isShared: boolean;
}

/** Does something while legacy is written to, and sees that everything took effect exactly once, in order. */
export type RunOf = (fault: (scene: Scene) => Promise<void>) => Promise<void>;

/** Gives how many events were published. */
export async function withScene(
  seed: number,
  broker: BrokerOfScenes,
  act: (run: RunOf) => Promise<void>,
): Promise<number> {
  return withStage({ seed, broker, translates: true }, async ({ stage, paths, whileWriting }) => {
    const leaders = new Crew('leader', paths);
    const projectors = new Crew('projector', paths);
    const scene: Scene = { ...stage, leaders, projectors, isShared: paths.isShared };
    const crews = [leaders, projectors, stage.messengers];
    try {
      await Promise.all(crews.map((crew) => crew.fill(1)));
      let published = await expectEqual(scene, crews);
      const tables = await tablesOf(stage.target);
      await act(async (fault) => {
        await whileWriting(() => fault(scene));
        await Promise.all(crews.map((crew) => crew.fill(1)));
        published = await expectEqual(scene, crews);
        expect(await tablesOf(stage.target), 'nothing was built anew, which would hide what was lost').toEqual(tables);
      });
      return published;
    } finally {
      await Promise.all([leaders.killAll(), projectors.killAll()]);
    }
  });
}
