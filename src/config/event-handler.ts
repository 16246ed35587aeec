import type { Knex } from 'knex';
import type { DomainEvent } from './domain-event.ts';

/**
 * Writes to the read model's tables what an event means for it, with `tx`: the transaction that also moves the position, so that
 * every event takes effect exactly once. What is done outside of it may be done again.
 */
export type EventHandler = (event: DomainEvent, tx: Knex) => PromiseLike<unknown> | void;
