/** What is shown of one change, or event, as it goes through. No values. */
export interface TailLine {
  /** `event`: a business fact with a name. */
  readonly what: 'change' | 'event';
  /** `insert`, `update`, `delete`, `truncate`; of an event its name, `(unreadable)` where that is none. */
  readonly type: string;
  /** `schema.table`; of an event where it came from: `public.outbox`, `message shop.event`, `translation of public.orders`, a topic. */
  readonly table: string;
  /** Numbers and uuids as they are, anything else as a keyed hash, `#1f2e3d4c5b6a`; undefined: it has none. */
  readonly key: string | undefined;
  /** Names of the columns that have another value than before; undefined: the source does not tell. */
  readonly changed: readonly string[] | undefined;
  /** Log position at which its transaction ends, as PostgreSQL prints it; of a topic partition and offset, `2:4711`. */
  readonly position: string;
  /** ISO 8601. */
  readonly committedAt: string;
  /** From the commit until it was seen here, in milliseconds. */
  readonly lagMs: number;
}
