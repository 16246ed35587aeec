import type { Operation } from './envelope.ts';

/** Headers that Debezium gives to the delete and the create which it makes of a change of the key. */
export const NEW_KEY = '__debezium.newkey';
export const OLD_KEY = '__debezium.oldkey';

/**
 * What else may lie at the same place of the log as an event: nothing; rows that one COPY has put into a page; the other half of a
 * change of the key; other tables of one TRUNCATE.
 */
export type PlaceShare = 'alone' | 'page' | 'goes' | 'comes' | 'tables';

export function placeShareOf(op: Operation, headers: ReadonlySet<string>): PlaceShare {
  if (op === 't') return 'tables';
  if (op === 'd' && headers.has(NEW_KEY)) return 'goes';
  if (op !== 'c') return 'alone';
  return headers.has(OLD_KEY) ? 'comes' : 'page';
}

/** Whether events of a transaction are missing that were never sent: `ask` where only the rows of legacy can tell. */
export type Doubt = 'none' | 'ask' | 'missing';

export interface CutEvent {
  readonly place: bigint;
  readonly share: PlaceShare;
}

/**
 * Whether the connector may have left out events of a transaction that it was started anew inside of, for ever. It goes on behind
 * the place of the last event that it knows to be written, and what else lies at that place is not sent (seen with 3.3.1;
 * debezium/dbz#1554). No count tells: it begins behind the gap. Before that place everything was written. `events` in the order
 * of the log, of which the first `sentBefore` were sent before, see `WholeTransaction`; `beginnings`: how often it began. Pure.
 */
export function doubtOf(events: readonly CutEvent[], sentBefore: number, beginnings: number): Doubt {
  if (sentBefore === 0) return 'none';
  const last = doubtBehind(events, sentBefore - 1);
  if (beginnings === 2) return last;
  // Where it was cut before cannot be told.
  const earlier = Array.from({ length: sentBefore - 1 }, (_, n) => doubtBehind(events, n));
  return [last, ...earlier].every((doubt) => doubt === 'none') ? 'none' : 'missing';
}

function doubtBehind(events: readonly CutEvent[], index: number): Doubt {
  const { place, share } = events[index]!;
  if (share === 'page') return 'ask';
  if (share === 'tables') return 'missing';
  if (share !== 'goes') return 'none';
  const hasCome = events.some((other) => other.place === place && other.share === 'comes');
  return hasCome ? 'none' : 'missing';
}
