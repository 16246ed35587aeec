import type { SourceColumn } from '../../postgres/catalog.ts';
import { columnType } from './column-type.ts';
import type { ConnectSchema } from './connect-message.ts';

/** Arrays for which Debezium has a form of its placeholder for large values that did not change. */
const withPlaceholder = new Set([
  'text',
  'character varying',
  'character',
  'json',
  'jsonb',
  'bytea',
  'integer',
  'date',
  'bigint',
  'uuid',
]);

/**
 * Pure: when a null may be none. An array that the connector fails to convert comes as null, however it is set: one of numerics
 * with a NaN in it, and most arrays that an update did not touch and that are stored apart from the row.
 */
export function doubtfulNull(column: SourceColumn, schema: ConnectSchema): 'always' | 'in-updates' | 'never' {
  const { base } = columnType(column);
  if (schema.type !== 'array') return 'never';
  if (base === 'numeric') return 'always';
  // The connector knows its placeholders by the name of the type, which a domain has not.
  const isKnown = withPlaceholder.has(base) && column.sourceType.replace(/\([^)]*\)/, '') === `${base}[]`;
  return isKnown ? 'never' : 'in-updates';
}
