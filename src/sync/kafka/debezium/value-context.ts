import type { ColumnType } from './column-type.ts';
import type { ConnectSchema } from './connect-message.ts';

/** What is known of a value that is decoded. */
export interface ValueContext {
  /** `public.orders.total (numeric)`, for messages. */
  readonly subject: string;
  /** Name of the legacy type, `money` for example, which is mirrored as text. */
  readonly sourceType: string;
  readonly type: ColumnType;
  readonly schema: ConnectSchema;
}

/** Gives the text PostgreSQL prints for a value that is not null. Throws FIG_DEBEZIUM_MESSAGE on what it cannot read. */
export type ValueDecoder = (value: unknown) => string;
