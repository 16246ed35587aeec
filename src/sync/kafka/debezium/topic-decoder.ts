import type { LogicalMessage } from '../../change.ts';
import type { KafkaMessage } from '../client/kafka-message.ts';
import type { Position } from '../../../kernel/position.ts';
import { MessageOpener } from './connect-message.ts';
import type { ConnectorSettings } from './connector-settings.ts';
import { decodeRow, type DecodedRow } from './decode-change.ts';
import { readEnvelope } from './envelope.ts';
import type { EndedTransaction, PlacedEvent } from './join-transactions.ts';
import { type PlaceShare, placeShareOf } from './left-out-events.ts';
import type { SnapshotMark } from './snapshot-mark.ts';
import { postgresMarks, type TransactionMarks } from './transaction-marks.ts';
import { wrongSetting } from './refusals.ts';
import { type DecodedTable, RowDecoder } from './row-decoder.ts';
import { readTransactionNote } from './transaction-end.ts';

export type TopicEvent =
  /** Decoded when it is its turn: one of a transaction that is passed over may be from before the table was changed. */
  | RowEvent
  | { readonly kind: 'message'; readonly message: LogicalMessage; readonly share: 'alone'; readonly isFirst: boolean };

export interface RowEvent {
  readonly kind: 'row';
  readonly decode: () => DecodedRow;
  readonly share: PlaceShare;
  /** The connector knew of no transaction before: it has not gone on from anywhere. */
  readonly isFirst: boolean;
}

export type TopicRecord =
  /** `at`: see `RowMark`. */
  | ({ readonly type: 'event'; readonly at: Position } & PlacedEvent<TopicEvent>)
  | { readonly type: 'begin'; readonly transaction: string }
  | { readonly type: 'end'; readonly ended: EndedTransaction }
  /** A row as a snapshot of the connector found it. */
  | {
      readonly type: 'snapshot';
      readonly decode: () => DecodedRow;
      readonly mark: SnapshotMark;
      /** PostgreSQL: where a connector begins that has kept nothing; undefined where it goes on as it was. */
      readonly beginsAt: Position | undefined;
    };

export type RecordParts = Pick<KafkaMessage, 'key' | 'value' | 'headers'>;

/** Logical messages are counted under the name that Java gives to an object of theirs. */
const countedMessages = /LogicalDecodingMessage/;

/** The topics a connector for PostgreSQL writes to: of tables, of transactions and of logical messages. */
export function topicsOf(prefix: string, tables: readonly Pick<DecodedTable, 'name'>[]): readonly string[] {
  return [...tables.map(({ name }) => `${prefix}.${name}`), `${prefix}.transaction`, `${prefix}.message`];
}

interface DecoderParts {
  /** PostgreSQL's unless told. */
  readonly marks?: TransactionMarks | undefined;
  /** Events of another database are refused. */
  readonly database?: string | undefined;
}

/** Says what a message of one of these topics means. No I/O. */
export class TopicDecoder {
  readonly #prefix: string;
  readonly #rows: ReadonlyMap<string, RowDecoder>;
  readonly #marks: TransactionMarks;
  readonly #database: string | undefined;
  readonly #openers = new Map<string, MessageOpener>();

  constructor(
    prefix: string,
    tables: readonly DecodedTable[],
    settings: ConnectorSettings,
    { marks = postgresMarks, database }: DecoderParts = {},
  ) {
    this.#marks = marks;
    this.#database = database;
    this.#prefix = prefix;
    this.#rows = new Map(tables.map((table) => [table.name, new RowDecoder(table, settings)]));
  }

  /** undefined: nothing that changes anything. Throws FIG_DEBEZIUM_SETTING, FIG_DEBEZIUM_TYPE or FIG_DEBEZIUM_MESSAGE. */
  read(topic: string, record: RecordParts): TopicRecord | undefined {
    const { key, value, headers } = record;
    if (value === null) return undefined;
    const name = topic.slice(this.#prefix.length + 1);
    const opened = this.#opener(topic).open(value.toString());
    if (name === 'transaction') return this.#note(opened);
    const envelope = readEnvelope(opened, topic);
    const { database } = envelope.source;
    if (this.#database !== undefined && database !== this.#database) {
      throw wrongSetting(topic, `rows of the database ${database} come`, `database.dbname=${this.#database}`);
    }
    const names = new Set(headers.keys());
    if (envelope.op === 'r') {
      const found = this.#rows.get(name);
      const { snapshot: mark, lsn } = envelope.source;
      const beginsAt = mark.isIncremental ? undefined : lsn;
      return found && { type: 'snapshot', decode: () => decodeRow(envelope, names, found, name), mark, beginsAt };
    }
    const { transaction, message } = envelope;
    if (!transaction) {
      // A message outside of a transaction has no place in the order of commits.
      if (message) return undefined;
      throw wrongSetting(topic, 'nothing tells the transaction of a row', 'provide.transaction.metadata=true');
    }
    const { id, place, at } = this.#marks.ofRow(transaction.id, envelope.source);
    // Rows of one record of the log have one place; they are told apart by their keys.
    const identity = `${topic} ${envelope.op} ${key?.toString() ?? JSON.stringify(envelope.after)}`;
    const placed = { type: 'event', at, transaction: id, place, identity, order: transaction.order } as const;
    const isFirst = this.#marks.isFirst(envelope.source);
    if (message) {
      const { prefix, content } = message;
      const told = { prefix, content: content.toString('utf8') };
      return { ...placed, event: { kind: 'message', message: told, share: 'alone', isFirst } };
    }
    const decoder = this.#rows.get(name);
    if (!decoder) return undefined;
    const decode = (): DecodedRow => decodeRow(envelope, names, decoder, name);
    const share = this.#marks.sharePlaces ? placeShareOf(envelope.op, names) : 'alone';
    return { ...placed, event: { kind: 'row', decode, share, isFirst } };
  }

  #note(opened: ReturnType<MessageOpener['open']>): TopicRecord {
    const note = readTransactionNote(opened);
    const { id, position } = this.#marks.ofNote(note.id);
    if (note.type === 'begin') return { type: 'begin', transaction: id };
    const counts = [...note.counts].filter(([, events]) => events > 0);
    let count = 0;
    const topics: string[] = [];
    for (const [name, events] of counts) {
      const topic = countedMessages.test(name) ? 'message' : name;
      if (topic !== 'message' && !this.#rows.has(topic)) continue;
      count += events;
      topics.push(`${this.#prefix}.${topic}`);
    }
    const ended = { transaction: id, position, atMs: note.atMs, count, topics, hasEvents: counts.length > 0 };
    return { type: 'end', ended };
  }

  #opener(topic: string): MessageOpener {
    let opener = this.#openers.get(topic);
    if (!opener) this.#openers.set(topic, (opener = new MessageOpener()));
    return opener;
  }
}
