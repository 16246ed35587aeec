import type { Change, LogicalMessage } from '../../change.ts';
import { joinMoves } from './decode-change.ts';

type Row = Parameters<typeof joinMoves>[0][number];

type TransactionEvent =
  | { readonly kind: 'row'; readonly decode: () => Row }
  | { readonly kind: 'message'; readonly message: LogicalMessage };

/** The rows and messages of a transaction, in its order; each message knows which changes it comes after. */
export function changesAndMessages(events: readonly TransactionEvent[]): {
  readonly changes: readonly Change[];
  readonly messages: readonly LogicalMessage[];
} {
  const changes: Change[] = [];
  const messages: LogicalMessage[] = [];
  let rows: Row[] = [];
  const take = (): void => {
    for (const change of joinMoves(rows)) changes.push(change);
    rows = [];
  };
  for (const event of events) {
    if (event.kind === 'row') {
      rows.push(event.decode());
      continue;
    }
    take();
    messages.push({ ...event.message, after: changes.length });
  }
  take();
  return { changes, messages };
}
