/** A business fact with a name, from an outbox, a topic, or translated from a change. */
export interface DomainEvent {
  /** Unique among all events: two with the same id are the same event. */
  readonly id: string;
  /** Such as `OrderCancelled`. */
  readonly type: string;
  /** What it is about, such as the order's number; events of one key keep their order. */
  readonly key: string;
  /** When it happened, as far as its source knows. */
  readonly at: Date | undefined;
  /** As the schema of its type returns it. */
  readonly data: unknown;
  /** Where in the log of the legacy database its transaction ends; undefined for events of foreign topics. */
  readonly position: bigint | undefined;
}
