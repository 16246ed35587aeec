import { FigError } from '../../../kernel/fig-error.ts';
import { type ConnectMessage, type ConnectSchema, isObject, type JsonObject } from './connect-message.ts';
import { snapshotMark, type SnapshotMark } from './snapshot-mark.ts';

/** `c`reate, `u`pdate, `d`elete, `r`ead by a snapshot, `t`runcate, logical `m`essage. */
export type Operation = 'c' | 'u' | 'd' | 'r' | 't' | 'm';

/** Where an event comes from. Which fields are there depends on the database. */
export interface EventSource {
  readonly connector: string;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** When it was committed, in milliseconds since 1970. */
  readonly committedAtMs: number;
  readonly snapshot: SnapshotMark;
  /** PostgreSQL: the transaction, and where the row's change lies in the log. */
  readonly xid: number | undefined;
  readonly lsn: bigint | undefined;
  /** PostgreSQL: whether the connector knew of a transaction before; undefined where it does not say. */
  readonly hasLastCommit: boolean | undefined;
  /** MySQL family: file and offset in it of the event, the row in it, and the transaction's GTID. */
  readonly file: string | undefined;
  readonly offset: bigint | undefined;
  readonly row: number | undefined;
  readonly gtid: string | undefined;
}

export interface Envelope {
  readonly op: Operation;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  readonly source: EventSource;
  /** With `provide.transaction.metadata`: which transaction, and the place in it, from 1 on. */
  readonly transaction: { readonly id: string; readonly order: number } | undefined;
  /** Of the columns; undefined when messages carry no schemas. */
  readonly columns: readonly (ConnectSchema & { readonly field: string })[] | undefined;
  /** Of a logical message: prefix and content. */
  readonly message: { readonly prefix: string; readonly content: Buffer } | undefined;
}

/** Reads Debezium's envelope. Throws FIG_DEBEZIUM_SETTING when a transform has unwrapped it, FIG_DEBEZIUM_MESSAGE else. */
export function readEnvelope({ schema, payload }: ConnectMessage, topic: string): Envelope {
  if (!isObject(payload) || !isObject(payload['source']) || typeof payload['op'] !== 'string') {
    throw new FigError('FIG_DEBEZIUM_SETTING', `${topic}: a message has no \`op\` and \`source\``, {
      remedy: 'Take transforms that change the value, such as ExtractNewRecordState, off the connector.',
    });
  }
  if (!'cudrtm'.includes(payload['op']) || payload['op'].length !== 1) {
    throw new FigError('FIG_DEBEZIUM_MESSAGE', `${topic}: unknown operation ${JSON.stringify(payload['op'])}`);
  }
  return {
    op: payload['op'] as Operation,
    before: objectOr(payload['before']),
    after: objectOr(payload['after']),
    source: readSource(payload['source'], topic),
    transaction: readTransaction(payload['transaction']),
    columns: schema?.fields?.find(({ field }) => field === 'after')?.fields,
    message: readMessage(payload['message']),
  };
}

function readSource(source: JsonObject, topic: string): EventSource {
  const { connector, ts_ms: at } = source;
  if (typeof connector !== 'string' || typeof at !== 'number') {
    throw new FigError('FIG_DEBEZIUM_MESSAGE', `${topic}: \`source\` has no connector and time`);
  }
  return {
    connector,
    database: textOr(source['db']) ?? '',
    schema: textOr(source['schema']) ?? '',
    table: textOr(source['table']) ?? '',
    committedAtMs: at,
    snapshot: snapshotMark(source),
    xid: numberOr(source['txId']),
    lsn: integerOr(source['lsn']),
    hasLastCommit: hasLastCommitIn(source['sequence']),
    file: textOr(source['file']),
    offset: integerOr(source['pos']),
    row: numberOr(source['row']),
    gtid: textOr(source['gtid']),
  };
}

/** `["lsn of the last commit","lsn"]`, as a text; the first is null where there is none. */
function hasLastCommitIn(sequence: unknown): boolean | undefined {
  const text = textOr(sequence);
  return text === undefined ? undefined : !text.startsWith('[null');
}

function readTransaction(value: unknown): Envelope['transaction'] {
  if (!isObject(value)) return undefined;
  const { id, total_order: order } = value;
  return typeof id === 'string' && typeof order === 'number' ? { id, order } : undefined;
}

function readMessage(value: unknown): Envelope['message'] {
  if (!isObject(value)) return undefined;
  const content = textOr(value['content']) ?? '';
  return { prefix: textOr(value['prefix']) ?? '', content: Buffer.from(content, 'base64') };
}

function objectOr(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOr(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function integerOr(value: unknown): bigint | undefined {
  const isInteger = typeof value === 'number' ? Number.isSafeInteger(value) : /^\d+$/.test(textOr(value) ?? '');
  return isInteger ? BigInt(value as string | number) : undefined;
}
