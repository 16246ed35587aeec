import type { SourceColumn } from '../../postgres/catalog.ts';
import type { ConnectField, ConnectSchema } from './connect-message.ts';

const byName: Readonly<Record<string, string>> = {
  'org.apache.kafka.connect.data.Decimal': 'numeric',
  'org.apache.kafka.connect.data.Date': 'date',
  'io.debezium.time.Date': 'date',
  'io.debezium.time.Timestamp': 'timestamp(3) without time zone',
  'io.debezium.time.MicroTimestamp': 'timestamp without time zone',
  'io.debezium.time.ZonedTimestamp': 'timestamp with time zone',
  // A MySQL time is an amount of time: negative ones and those of many days are no time of a day.
  'io.debezium.time.MicroTime': 'interval',
  'io.debezium.time.Year': 'integer',
  'io.debezium.data.Json': 'jsonb',
};

const byType: Readonly<Record<string, string>> = {
  int8: 'smallint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  float: 'real',
  double: 'double precision',
  boolean: 'boolean',
  bytes: 'bytea',
};

/** Pure: the PostgreSQL column that holds what a field of another database holds. What has no such type is text. */
export function columnOfField(field: ConnectField): SourceColumn {
  const mirrorType =
    bitType(field) ?? byName[field.name ?? ''] ?? (field.name === undefined ? byType[field.type] : undefined);
  return { name: field.field, mirrorType: mirrorType ?? 'text', sourceType: sourceType(field) };
}

function bitType({ name, parameters }: ConnectSchema): string | undefined {
  return name === 'io.debezium.data.Bits' ? `bit(${parameters?.['length'] ?? '1'})` : undefined;
}

/** `datatype.propagate.source.type` tells the type; else it is called by what it came as. */
function sourceType({ name, type, parameters }: ConnectSchema): string {
  return parameters?.['__debezium.source.column.type']?.toLowerCase() ?? name ?? type;
}
