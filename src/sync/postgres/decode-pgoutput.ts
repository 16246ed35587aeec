import { FigError } from '../../kernel/fig-error.ts';
import { ByteReader } from './byte-reader.ts';
import { type PgoutputMessage, type RelationColumn, type SentValue, unchanged } from './pgoutput-messages.ts';

/** Microseconds between the Unix epoch and PostgreSQL's, 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
/** The letters t, n and u. */
const [TEXT, NULL, UNCHANGED] = [0x74, 0x6e, 0x75];

/** Tags of messages that name their (sub)transaction when they come inside a streamed block. */
const NAMES_ITS_XID = 'RYIUDTM';

/** The (sub)transaction that a message of a streamed block belongs to; undefined for messages about blocks. */
export function streamedXid(bytes: Buffer): number | undefined {
  return NAMES_ITS_XID.includes(String.fromCharCode(bytes[0] ?? 0)) ? bytes.readUInt32BE(1) : undefined;
}

/**
 * Decodes one pgoutput message, protocol version 2 with logical messages. `streamed`: it came inside a streamed block,
 * where messages carry one field more.
 * Source: PostgreSQL documentation, "Logical Replication Message Formats".
 */
export function decodePgoutput(bytes: Buffer, streamed: boolean): PgoutputMessage {
  const reader = new ByteReader(bytes);
  const tag = reader.char();
  if (streamed && NAMES_ITS_XID.includes(tag)) reader.uint32();
  switch (tag) {
    case 'B':
      return { type: 'begin', finalLsn: reader.uint64(), committedAtMs: readTime(reader), xid: reader.uint32() };
    case 'C':
      reader.uint8();
      return {
        type: 'commit',
        commitLsn: reader.uint64(),
        endLsn: reader.uint64(),
        committedAtMs: readTime(reader),
      };
    case 'O':
      reader.uint64();
      return { type: 'origin', name: reader.cstring() };
    case 'R':
      return readRelation(reader);
    case 'Y':
      return { type: 'type', oid: reader.uint32(), schema: reader.cstring(), name: reader.cstring() };
    case 'I': {
      const relationOid = reader.uint32();
      expectTag(reader, 'N', 'insert');
      return { type: 'insert', relationOid, row: readTuple(reader, relationOid) };
    }
    case 'U':
      return readUpdate(reader);
    case 'D': {
      const relationOid = reader.uint32();
      expectTag(reader, 'KO', 'delete');
      return { type: 'delete', relationOid, old: readTuple(reader, relationOid) };
    }
    case 'T': {
      const count = reader.int32();
      reader.uint8();
      return { type: 'truncate', relationOids: Array.from({ length: count }, () => reader.uint32()) };
    }
    case 'M': {
      const transactional = (reader.uint8() & 1) === 1;
      const lsn = reader.uint64();
      const prefix = reader.cstring();
      return { type: 'message', transactional, lsn, prefix, content: Buffer.from(reader.bytes(reader.int32())) };
    }
    case 'S':
      return { type: 'streamStart', xid: reader.uint32() };
    case 'E':
      return { type: 'streamStop' };
    case 'c': {
      const xid = reader.uint32();
      reader.uint8();
      const positions = { commitLsn: reader.uint64(), endLsn: reader.uint64() };
      return { type: 'streamCommit', xid, ...positions, committedAtMs: readTime(reader) };
    }
    case 'A':
      return { type: 'streamAbort', xid: reader.uint32(), subXid: reader.uint32() };
    default:
      throw new FigError('FIG_REPLICATION_PROTOCOL', `unknown replication message ${JSON.stringify(tag)}`);
  }
}

function readTime(reader: ByteReader): number {
  return Number(reader.int64() / 1000n) + POSTGRES_EPOCH_MS;
}

function readRelation(reader: ByteReader): PgoutputMessage {
  const oid = reader.uint32();
  // An empty name stands for pg_catalog.
  const schema = reader.cstring() || 'pg_catalog';
  const table = reader.cstring();
  const replicaIdentity = reader.char();
  const columns: RelationColumn[] = Array.from({ length: reader.int16() }, () => {
    const isKey = (reader.uint8() & 1) === 1;
    return { isKey, name: reader.cstring(), typeOid: reader.uint32(), typeModifier: reader.int32() };
  });
  return { type: 'relation', relation: { oid, schema, table, replicaIdentity, columns } };
}

function readUpdate(reader: ByteReader): PgoutputMessage {
  const relationOid = reader.uint32();
  let tag = expectTag(reader, 'KON', 'update');
  let old: readonly SentValue[] | undefined;
  if (tag !== 'N') {
    old = readTuple(reader, relationOid);
    tag = expectTag(reader, 'N', 'update');
  }
  return { type: 'update', relationOid, old, row: readTuple(reader, relationOid) };
}

function readTuple(reader: ByteReader, relationOid: number): SentValue[] {
  const count = reader.int16();
  const values: SentValue[] = [];
  for (let i = 0; i < count; i += 1) {
    const value = readValue(reader);
    if (value === undefined) throw tooLarge(relationOid, values);
    values.push(value);
  }
  return values;
}

/** The key is among the first values as a rule. */
function tooLarge(relationOid: number, before: readonly SentValue[]): FigError {
  const some = before.slice(0, 3).map((value) => (typeof value === 'string' ? value.slice(0, 100) : String(value)));
  return new FigError(
    'FIG_VALUE_TOO_LARGE',
    `column ${before.length + 1} of a row that begins with (${some.join(', ')}), of the table that SELECT ${relationOid}::regclass names`,
  );
}

/** undefined: it is too large. Compares bytes, not letters: this runs once for every value of every change. */
function readValue(reader: ByteReader): SentValue | undefined {
  const tag = reader.uint8();
  if (tag === TEXT) return reader.text(reader.int32());
  if (tag === NULL) return null;
  if (tag === UNCHANGED) return unchanged;
  throw unexpected(String.fromCharCode(tag), 'value');
}

function expectTag(reader: ByteReader, allowed: string, where: string): string {
  const tag = reader.char();
  if (!allowed.includes(tag)) throw unexpected(tag, where);
  return tag;
}

function unexpected(tag: string, where: string): FigError {
  return new FigError('FIG_REPLICATION_PROTOCOL', `unexpected ${JSON.stringify(tag)} in a replication ${where}`);
}
