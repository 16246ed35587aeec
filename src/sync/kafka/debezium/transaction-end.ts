import { FigError } from '../../../kernel/fig-error.ts';
import { type ConnectMessage, isObject } from './connect-message.ts';

/** What stands on `<prefix>.transaction`: that a transaction has begun, or ended. */
export type TransactionNote =
  | { readonly type: 'begin'; readonly id: string }
  | ({ readonly type: 'end' } & TransactionEnd);

export interface TransactionEnd {
  /** As the connector writes it. */
  readonly id: string;
  readonly atMs: number;
  /** Events by `schema.table`, as far as the connector sent any. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Throws FIG_DEBEZIUM_MESSAGE on what is no such message. */
export function readTransactionNote({ payload }: ConnectMessage): TransactionNote {
  if (!isObject(payload) || typeof payload['id'] !== 'string') throw unreadable(payload);
  const { id, status, ts_ms: at } = payload;
  if (status === 'BEGIN') return { type: 'begin', id };
  if (status !== 'END') throw unreadable(payload);
  const collections: unknown = payload['data_collections'] ?? [];
  if (!Array.isArray(collections)) throw unreadable(payload);
  const counts = collections.map((each: unknown) => {
    if (!isObject(each) || typeof each['event_count'] !== 'number') throw unreadable(payload);
    return [String(each['data_collection']), each['event_count']] as const;
  });
  return { type: 'end', id, atMs: typeof at === 'number' ? at : 0, counts: new Map(counts) };
}

function unreadable(payload: unknown): FigError {
  const shown = JSON.stringify(payload)?.slice(0, 80);
  return new FigError('FIG_DEBEZIUM_MESSAGE', `not about the beginning or end of a transaction: ${shown}`);
}
