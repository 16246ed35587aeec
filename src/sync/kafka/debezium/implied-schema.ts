import type { SourceColumn } from '../../postgres/catalog.ts';
import { columnType, type ColumnType } from './column-type.ts';
import type { ConnectField, ConnectSchema } from './connect-message.ts';
import type { ConnectorProperties } from './connector-settings.ts';
import { asPrinted } from './printed-types.ts';
import { wrongSetting } from './refusals.ts';

const plain: Readonly<Record<string, string>> = {
  smallint: 'int16',
  integer: 'int32',
  bigint: 'int64',
  oid: 'int64',
  boolean: 'boolean',
  real: 'float',
  'double precision': 'double',
};

const named: Readonly<Record<string, string>> = {
  uuid: 'io.debezium.data.Uuid',
  json: 'io.debezium.data.Json',
  jsonb: 'io.debezium.data.Json',
  tsvector: 'io.debezium.data.Tsvector',
  'timestamp with time zone': 'io.debezium.time.ZonedTimestamp',
  'time with time zone': 'io.debezium.time.ZonedTime',
};

/**
 * Pure: the schema that a PostgreSQL connector with these properties has for a column, for messages that come without. Throws
 * FIG_DEBEZIUM_SETTING where only the schema would tell. Source: Debezium documentation, PostgreSQL connector, "Data type mappings".
 */
export function impliedSchema(table: string, column: SourceColumn, properties: ConnectorProperties): ConnectField {
  const type = columnType(column);
  const { name: field, sourceType } = column;
  const isArray = type.isArray || (type.base === 'text' && sourceType.endsWith('[]'));
  const subject = `${table}.${field} (${sourceType})`;
  // What is mirrored as an array has elements of a built-in type, whatever a domain over it is called.
  const elementType = type.isArray ? type.base : sourceType.replace(/\[\]$/, '');
  const element = elementSchema({ ...type, isArray: false }, elementType, properties, subject);
  return isArray ? { field, type: 'array', items: element } : { ...element, field };
}

function elementSchema(
  { base, modifiers }: ColumnType,
  sourceType: string,
  properties: ConnectorProperties,
  subject: string,
): ConnectSchema {
  if (plain[base]) return { type: plain[base] };
  if (named[base]) return { type: 'string', name: named[base] };
  const times = properties['time.precision.mode'] ?? 'adaptive';
  switch (base) {
    case 'numeric':
      return numericSchema(modifiers, properties);
    case 'date':
      return {
        type: 'int32',
        name: times === 'connect' ? 'org.apache.kafka.connect.data.Date' : 'io.debezium.time.Date',
      };
    case 'time without time zone':
      return clockSchema('Time', times, modifiers[0] ?? 6);
    case 'timestamp without time zone':
      return clockSchema('Timestamp', times, modifiers[0] ?? 6);
    case 'interval':
      return (properties['interval.handling.mode'] ?? 'numeric') === 'string'
        ? { type: 'string', name: 'io.debezium.time.Interval' }
        : { type: 'int64', name: 'io.debezium.time.MicroDuration' };
    case 'bytea':
      return { type: (properties['binary.handling.mode'] ?? 'bytes') === 'bytes' ? 'bytes' : 'string' };
    case 'bit':
      return bitSchema(modifiers[0] ?? 1);
    case 'bit varying':
      return { type: 'bytes', name: 'io.debezium.data.Bits' };
    case 'point':
      return { type: 'struct', name: 'io.debezium.data.geometry.Point' };
    case 'text':
      return textSchema(sourceType, subject);
    default:
      return { type: asPrinted.has(base) ? 'string' : 'bytes' };
  }
}

function numericSchema(modifiers: readonly number[], properties: ConnectorProperties): ConnectSchema {
  const mode = properties['decimal.handling.mode'] ?? 'precise';
  if (mode === 'string') return { type: 'string' };
  if (mode === 'double') return { type: 'double' };
  if (modifiers.length === 0) return { type: 'struct', name: 'io.debezium.data.VariableScaleDecimal' };
  const parameters = { scale: String(modifiers[1] ?? 0) };
  return { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters };
}

function clockSchema(kind: 'Time' | 'Timestamp', mode: string, digits: number): ConnectSchema {
  if (mode === 'connect') return { type: 'int64', name: `org.apache.kafka.connect.data.${kind}` };
  const isShort =
    digits <= 3 && (mode === 'adaptive' || (mode === 'adaptive_time_microseconds' && kind === 'Timestamp'));
  return { type: 'int64', name: `io.debezium.time.${isShort ? '' : 'Micro'}${kind}` };
}

function bitSchema(length: number): ConnectSchema {
  if (length === 1) return { type: 'boolean' };
  return { type: 'bytes', name: 'io.debezium.data.Bits', parameters: { length: String(length) } };
}

/** Texts, and types that are mirrored as text. */
function textSchema(sourceType: string, subject: string): ConnectSchema {
  if (/^(?:text|citext|money)$/.test(sourceType)) return { type: 'string' };
  if (sourceType === 'xml') return { type: 'string', name: 'io.debezium.data.Xml' };
  if (sourceType === 'hstore') return { type: 'string', name: 'io.debezium.data.Json' };
  if (/^(?:reg|aclitem|pg_node_tree)/.test(sourceType)) return { type: 'bytes' };
  const loss = 'without its schema an enum cannot be told from a type that Debezium does not know';
  throw wrongSetting(subject, loss, 'value.converter.schemas.enable=true');
}
