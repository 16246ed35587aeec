import type { Position } from '../../../kernel/position.ts';
import type { TopicPlace } from './message-reader.ts';

export interface StartChoice {
  /** The least position that anybody goes on from. */
  readonly from: Position;
  /** What is made anew begins here. */
  readonly start: TopicPlace;
  /** Where those that go on read on, as far as that was kept. */
  readonly hints: readonly (Pick<TopicPlace, 'offset' | 'epoch'> | undefined)[];
  /** Whether anything is made anew. */
  readonly begins: boolean;
  /** What the topic has: the first offset, and the one after the last. */
  readonly range: { readonly low: bigint; readonly high: bigint };
  /** What was kept is not to be trusted. */
  readonly isFromTheFirst: boolean;
}

/**
 * Where to begin reading. Anything before what is needed is right and costs time; what is too late is noticed as a gap, and
 * then all is read from the first message on. No I/O.
 */
export function chooseStart(choice: StartChoice): Pick<TopicPlace, 'offset' | 'epoch'> {
  const { from, start, hints, begins, range, isFromTheFirst } = choice;
  const first = { offset: range.low, epoch: 0 };
  if (isFromTheFirst) return first;
  const known = hints.map((hint) => hint ?? (from >= start.position ? start : undefined));
  if (known.includes(undefined)) return first;
  const places = [...known, ...(begins ? [start] : [])].filter((place) => place !== undefined);
  const chosen = places.toSorted((a, b) => (a.offset < b.offset ? -1 : 1))[0] ?? start;
  // A topic that was made anew, or that has forgotten what was needed.
  return chosen.offset < range.low || chosen.offset > range.high ? first : chosen;
}
