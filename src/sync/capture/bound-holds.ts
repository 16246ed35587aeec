import type { Position } from '../../kernel/position.ts';
import { judgeHold } from './judge-hold.ts';
import type { Lane } from './lane.ts';

export interface HoldBounds {
  /** Where the stream is. */
  readonly received: Position;
  /** Log that may be kept for one read model, in bytes. */
  readonly most: number;
  /** What the server may write until it gives up the slot; asked only when something is kept. */
  readonly readRoom: () => Promise<bigint | undefined>;
}

/** Log that the server keeps for a lane because it is out. */
export function heldBy({ isOut, needsFrom }: Lane, received: Position): bigint {
  return isOut && needsFrom !== undefined && received > needsFrom ? received - needsFrom : 0n;
}

/** Gives up the lanes for which the legacy server would have to keep too much of its log. */
export async function boundHolds(lanes: readonly Lane[], { received, most, readRoom }: HoldBounds): Promise<void> {
  const holding = lanes.filter((lane) => heldBy(lane, received) > 0n);
  if (holding.length === 0) return;
  // Whoever cannot be asked now is asked again soon.
  const safeBytes = await readRoom().catch(() => undefined);
  for (const lane of holding) {
    const heldBytes = heldBy(lane, received);
    const verdict = judgeHold({ heldBytes, mostBytes: BigInt(most), safeBytes });
    const kept = `${heldBytes} bytes were kept`;
    if (verdict === 'too-much') lane.giveUp(`${kept}, and capture.maxBehind is ${most}`);
    else if (verdict === 'log-gets-short') lane.giveUp(`${kept}, and the server is about to give up the slot`);
  }
}
