import type { Operation } from './envelope.ts';

/** Headers that Debezium gives to the delete and the create which it makes of a change of the key. */
export const NEW_KEY = '__debezium.newkey';
export const OLD_KEY = '__debezium.oldkey';

/**
 * Whether other events of the transaction may lie at the same place of the log: rows that one COPY has put into a page, both
 * halves of a change of the key, tables of one TRUNCATE.
 */
export function sharesPlace(op: Operation, headers: ReadonlySet<string>): boolean {
  return op === 'c' || op === 't' || (op === 'd' && headers.has(NEW_KEY));
}

/**
 * Whether the connector may have left out events of a transaction, for ever. When it is started anew it goes on behind the place
 * of the last event that it knows to be written, and what else lies at that place is not sent (seen with 3.3.1;
 * debezium/dbz#1554). No count tells: it begins behind the gap. `sentBefore`: see `WholeTransaction`. Pure.
 */
export function mayLackEvents(events: readonly { readonly sharesPlace: boolean }[], sentBefore: number): boolean {
  return events.slice(0, sentBefore).some((event) => event.sharesPlace);
}
