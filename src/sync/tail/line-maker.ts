import { formatPosition, type Position } from '../../kernel/position.ts';
import type { OutboxColumns } from '../../config/read-model-events.ts';
import type { Change, LogicalMessage, SentRow, TransactionPiece } from '../change.ts';
import { asTheyWereMade } from '../changes-and-messages.ts';
import { messageEvent } from '../domain-events/message-event.ts';
import { outboxEvent } from '../domain-events/outbox-event.ts';
import type { RowEvent } from '../handlers/row-event.ts';
import { keyText } from '../mirror/collapse-changes.ts';
import { type Relation, unchanged } from '../postgres/pgoutput-messages.ts';
import { maskedKey } from '../reconcile/masked-key.ts';
import { eventLine } from './event-line.ts';
import type { TailLine } from './tail-line.ts';

/** Names of the types that say nothing of a person, by their numbers in every PostgreSQL. */
const typeNames: ReadonlyMap<number, string> = new Map([
  [16, 'boolean'],
  [20, 'bigint'],
  [21, 'smallint'],
  [23, 'integer'],
  [2950, 'uuid'],
]);

export interface LineHead {
  readonly endPosition: Position;
  readonly committedAtMs: number;
}

/** What of legacy's log is shown. */
export interface ShownLog {
  /** The key columns of the tables that are shown, by `schema.table`. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** A table whose inserts are events. */
  readonly outbox?: { readonly source: string; readonly columns: OutboxColumns } | undefined;
  /** Of messages that are events. */
  readonly messagePrefix?: string | undefined;
}

/** Makes lines of changes and of the events among them, without any value that might be personal. No I/O. */
export class LineMaker {
  readonly #shown: ShownLog;
  readonly #secret: Uint8Array;
  readonly #relations = new Map<string, Relation>();

  /** `secret`: for hashes of keys. */
  constructor(shown: ShownLog, secret: Uint8Array) {
    this.#shown = shown;
    this.#secret = secret;
  }

  /** Tables as the source described them; they hold for the changes after them. */
  learn(relations: readonly Relation[]): void {
    for (const relation of relations) this.#relations.set(`${relation.schema}.${relation.table}`, relation);
  }

  *lines(
    head: LineHead,
    { changes, messages }: Pick<TransactionPiece, 'changes' | 'messages'>,
    nowMs: number,
  ): Generator<TailLine> {
    for (const made of asTheyWereMade(changes, messages)) {
      if ('message' in made) yield* this.#ofMessage(head, made.message, nowMs);
      else yield* this.#ofChange(head, made.change, nowMs);
    }
  }

  *#ofChange({ endPosition, committedAtMs }: LineHead, change: Change, nowMs: number): Generator<TailLine> {
    const { keys, outbox } = this.#shown;
    const common = {
      what: 'change' as const,
      position: formatPosition(endPosition),
      committedAt: new Date(committedAtMs).toISOString(),
      lagMs: Math.max(0, nowMs - committedAtMs),
    };
    if (change.kind === 'truncate') {
      const tables = change.tables.filter((table) => keys.has(table));
      for (const table of tables) yield { ...common, type: 'truncate', table, key: undefined, changed: undefined };
      return;
    }
    const { kind, table } = change;
    const key = keys.get(table);
    if (key) {
      const shown = this.#key(table, key, kind === 'delete' ? change.oldKey : change.row);
      yield { ...common, type: kind, table, key: shown, changed: changedColumns(change) };
    }
    if (kind !== 'insert' || table !== outbox?.source) return;
    const event = outboxEvent(change.row, outbox.columns, { position: endPosition, committedAtMs });
    yield this.#ofEvent(event, { from: table, keyType: this.#typeOf(table, outbox.columns.key) }, nowMs);
  }

  *#ofMessage({ endPosition, committedAtMs }: LineHead, message: LogicalMessage, nowMs: number): Generator<TailLine> {
    const { prefix, content } = message;
    if (prefix !== this.#shown.messagePrefix) return;
    const event = messageEvent(content, { position: endPosition, committedAtMs });
    yield this.#ofEvent(event, { from: `message ${prefix}` }, nowMs);
  }

  #ofEvent(
    { after, position, committedAtMs }: RowEvent,
    where: { readonly from: string; readonly keyType?: string | undefined },
    nowMs: number,
  ): TailLine {
    const { type, key } = after ?? {};
    const place = { position: formatPosition(position), atMs: committedAtMs ?? nowMs };
    return eventLine({ type, key, ...where, ...place }, this.#secret, nowMs);
  }

  #key(table: string, key: readonly string[], row: SentRow): string | undefined {
    if (key.some((column) => typeof row[column] !== 'string')) return undefined;
    const types = key.map((name) => this.#typeOf(table, name));
    return maskedKey(keyText(row, key), types, this.#secret);
  }

  /** Of a type that is not known nothing is known, so its values are hashed. */
  #typeOf(table: string, name: string): string {
    const column = this.#relations.get(table)?.columns.find((each) => each.name === name);
    return typeNames.get(column?.typeOid ?? 0) ?? '';
  }
}

/** Only a table whose whole old rows are logged (`REPLICA IDENTITY FULL`) tells. */
function changedColumns(change: Change): readonly string[] | undefined {
  if (change.kind !== 'update' || change.oldKey === undefined) return undefined;
  const { row, oldKey } = change;
  const names = Object.keys(row);
  if (names.some((name) => !Object.hasOwn(oldKey, name) && !(name in oldKey))) return undefined;
  return names.filter((name) => row[name] !== unchanged && row[name] !== oldKey[name]);
}
