import type { Position } from '../../kernel/position.ts';
import { judgeHold } from './judge-hold.ts';

/** Whom the server keeps its log for: a lane, or a read model that has none. */
export interface LogHolder {
  readonly isOut: boolean;
  readonly needsFrom: Position | undefined;
  giveUp(why: string): void;
}

export interface HoldBounds {
  /** Where the stream is. */
  readonly received: Position;
  /** Log that may be kept for one read model, in bytes. */
  readonly most: number;
  /** What the server may write until it gives up the slot; asked only when something is kept. */
  readonly readRoom: () => Promise<bigint | undefined>;
}

/** Log that the server keeps for it because it is out. */
export function heldBy({ isOut, needsFrom }: Pick<LogHolder, 'isOut' | 'needsFrom'>, received: Position): bigint {
  return isOut && needsFrom !== undefined && received > needsFrom ? received - needsFrom : 0n;
}

/** Gives up those for which the legacy server would have to keep too much of its log. */
export async function boundHolds(all: readonly LogHolder[], { received, most, readRoom }: HoldBounds): Promise<void> {
  const holding = all.filter((each) => heldBy(each, received) > 0n);
  if (holding.length === 0) return;
  // Whoever cannot be asked now is asked again soon.
  const safeBytes = await readRoom().catch(() => undefined);
  for (const each of holding) {
    const heldBytes = heldBy(each, received);
    const verdict = judgeHold({ heldBytes, mostBytes: BigInt(most), safeBytes });
    const kept = `${heldBytes} bytes were kept`;
    if (verdict === 'too-much') each.giveUp(`${kept}, and capture.maxBehind is ${most}`);
    else if (verdict === 'log-gets-short') each.giveUp(`${kept}, and the server is about to give up the slot`);
  }
}
