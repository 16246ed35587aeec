import type { Position, SourcePosition } from '../../kernel/position.ts';

/** Orders the beginnings of loads and the ends of writes. */
export interface BatchClock {
  /** What its positions are of; undefined while that is not known. */
  name(): string | undefined;
  /**
   * A position for a load that begins after the call: later than every write that ended before the call, and earlier than
   * every write that ends after the load has begun.
   */
  begin(): Promise<Position>;
}

/**
 * A clock made of whatever visitors' writes are ordered by. A log stands still while nobody writes, and the load may read
 * another database than the one whose log it is: a write that ends during the load then has the position that the load
 * began at. So a load counts as one less, and the log is moved on for the writes before it.
 */
export function clockOf(source: SourcePosition, name: () => string | undefined): BatchClock {
  return {
    name,
    begin: async () => {
      source.nudge();
      return (await source.read()) - 1n;
    },
  };
}
