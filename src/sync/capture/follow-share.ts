import type { SourceShare } from './change-source.ts';
import type { Lane } from './lane.ts';
import type { RefusedModel } from './refused-model.ts';

export interface FollowShareParts {
  readonly share: SourceShare;
  readonly lanes: readonly Lane[];
  readonly refused: readonly Pick<RefusedModel, 'name'>[];
  /** Resolves when nothing more is done with a lane that is out. */
  readonly over: (lane: Lane) => Promise<unknown>;
  /** Another session is to work on what is held then. */
  readonly renew: (joined: readonly string[]) => void;
}

/** What is given up leaves the session, and the others go on. What joins begins in a new session. Ends when the signal aborts. */
export async function followShare(
  { share, lanes, refused, over, renew }: FollowShareParts,
  signal: AbortSignal,
): Promise<void> {
  const here = new Set([...lanes, ...refused].map(({ name }) => name));
  while (!signal.aborted) {
    const leaving = [...share.leaving].filter((name) => here.delete(name));
    await Promise.all(
      leaving.map(async (leaver) => {
        // One that was refused has nothing done with it.
        const lane = lanes.find(({ name }) => name === leaver);
        lane?.handOver();
        if (lane) await over(lane);
        share.release(leaver);
      }),
    );
    if (signal.aborted) return;
    const joined = [...share.held].filter((name) => !here.has(name));
    if (joined.length > 0 || here.size === 0) {
      renew(joined);
      return;
    }
    await share.changed(signal);
  }
}
