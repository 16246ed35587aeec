import { keyText } from '../mirror/collapse-changes.ts';
import { maskedKey } from '../reconcile/masked-key.ts';
import type { TailLine } from './tail-line.ts';

/** A domain event as it was met; its data is not asked for. */
export interface MetEvent {
  readonly type: string | null | undefined;
  readonly key: string | null | undefined;
  /** Of the column that the key stands in; undefined: nothing is known of the key. */
  readonly keyType?: string | undefined;
  /** Where it came from: `public.outbox`, `message shop.event`, `translation of public.orders`, a topic. */
  readonly from: string;
  /** Log position as PostgreSQL prints it; of a topic partition and offset, `2:4711`. */
  readonly position: string;
  /** When it happened, or was written. */
  readonly atMs: number;
}

/** A type is a name. What stands in its place by mistake may be anything. */
const NAME = /^[A-Za-z_][\w.:/-]{0,119}$/;

/** One line without any value that might be personal. No I/O. */
export function eventLine(
  { type, key, keyType = '', from, position, atMs }: MetEvent,
  secret: Uint8Array,
  nowMs: number,
): TailLine {
  return {
    what: 'event',
    type: type && NAME.test(type) ? type : '(unreadable)',
    table: from,
    key: key ? maskedKey(keyText({ key }, ['key']), [keyType], secret) : undefined,
    changed: undefined,
    position,
    committedAt: new Date(atMs).toISOString(),
    lagMs: Math.max(0, nowMs - atMs),
  };
}
