import type { SourceColumn } from '../postgres/catalog.ts';

const byName: Readonly<Record<string, string>> = {
  float: 'real',
  double: 'double precision',
  decimal: 'numeric',
  date: 'date',
  // It may be negative, and of many days: no time of a day.
  time: 'interval',
  timestamp: 'timestamp with time zone',
  year: 'integer',
  binary: 'bytea',
  varbinary: 'bytea',
  tinyblob: 'bytea',
  json: 'jsonb',
  blob: 'bytea',
  mediumblob: 'bytea',
  longblob: 'bytea',
};

const integers: Readonly<Record<string, { readonly signed: string; readonly unsigned: string }>> = {
  tinyint: { signed: 'smallint', unsigned: 'smallint' },
  smallint: { signed: 'smallint', unsigned: 'integer' },
  mediumint: { signed: 'integer', unsigned: 'integer' },
  int: { signed: 'integer', unsigned: 'bigint' },
  bigint: { signed: 'bigint', unsigned: 'numeric' },
};

/**
 * Pure: the PostgreSQL column that holds a column of MySQL or MariaDB. `type`: as `information_schema.COLUMN_TYPE` has it,
 * `int(10) unsigned`. The same as `columnOfField` makes of what a Debezium connector sends. What has no such type is text.
 */
export function mysqlColumn(name: string, type: string): SourceColumn {
  const sourceType = type.toLowerCase();
  const word = /^[a-z]+/.exec(sourceType)?.[0] ?? '';
  const digits = Number(/\((\d+)/.exec(sourceType)?.[1] ?? 0);
  return { name, sourceType, mirrorType: mirrorType(word, digits, sourceType.includes('unsigned')) };
}

function mirrorType(word: string, digits: number, isUnsigned: boolean): string {
  const integer = integers[word];
  if (integer) return isUnsigned ? integer.unsigned : integer.signed;
  if (word === 'bit') return digits <= 1 ? 'boolean' : `bit(${digits})`;
  if (word === 'datetime') return digits <= 3 ? 'timestamp(3) without time zone' : 'timestamp without time zone';
  return byName[word] ?? 'text';
}
