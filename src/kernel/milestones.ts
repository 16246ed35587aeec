import { channel } from 'node:diagnostics_channel';

/** Moments between which a process may die and nothing may be lost. */
export type Milestone =
  /** Events have come over the wire; nothing of them is applied, or written to a topic. */
  | 'sync:received'
  /** Inside the target transaction: the mirror has the new rows, the read model does not. */
  | 'sync:landed'
  /** Inside the target transaction: all is written, nothing is committed. */
  | 'sync:built'
  /** The target transaction is committed, the source has not been told. */
  | 'sync:committed'
  /** The topic has what was sent; the source has not been told. */
  | 'sync:written'
  /** The source has been told. */
  | 'sync:acknowledged'
  /** A chunk of a legacy table was read; its second marker is not written. */
  | 'sync:chunk-read'
  /** A chunk was committed to the mirror. */
  | 'sync:chunk-landed'
  /** A page of keys was built and committed. */
  | 'sync:page-built'
  /** Events are sent in a Kafka transaction that is open. */
  | 'publish:sent'
  /** The number of the last one is part of it, too. */
  | 'publish:numbered'
  /** It is committed; the queue still has them. */
  | 'publish:committed'
  /** A range of a legacy table was compared with its mirror. */
  | 'reconcile:range-compared'
  /** Rows that differ were read from legacy; they are not landed. */
  | 'reconcile:repair-read'
  /** Rows that differ were put right and committed. */
  | 'reconcile:repaired'
  /** Another version of a read model may serve; nothing is written. */
  | 'read-models:swap-begun'
  /** It is stored that another version serves; nobody has been told. */
  | 'read-models:swap-committed';

export const milestones = channel('strangler-fig:milestones');

/** Tells whoever subscribed to the diagnostics channel `strangler-fig:milestones`, synchronously; costs nothing otherwise. */
export function milestone(name: Milestone): void {
  if (milestones.hasSubscribers) milestones.publish(name);
}
