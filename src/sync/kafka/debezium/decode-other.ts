import { isObject } from './connect-message.ts';
import type { ValueContext, ValueDecoder } from './value-context.ts';
import { badValue, lossyType, wrongSetting } from './refusals.ts';
import { bitsText } from './text/bits-text.ts';
import { doubleText } from './text/float-text.ts';
import { hstoreText } from './text/hstore-text.ts';
import { bytesOf, isPlain, stringOf } from './value-parts.ts';

/** Types that have a schema of their own and come as PostgreSQL prints them. */
const named: Readonly<Record<string, string>> = {
  uuid: 'io.debezium.data.Uuid',
  json: 'io.debezium.data.Json',
  jsonb: 'io.debezium.data.Json',
  tsvector: 'io.debezium.data.Tsvector',
};

/** With `include.unknown.datatypes` these come as Java prints them: `(1.0,2.0)`. */
const geometric = new Set(['box', 'circle', 'line', 'lseg', 'path', 'polygon']);
const javaNumber = /-?(?:\d+(?:\.\d+)?(?:E-?\d+)?|Infinity)|NaN/g;

/** The same of types that are mirrored as text. */
const namedTexts = new Set([
  'io.debezium.data.Enum',
  'io.debezium.data.EnumSet',
  'io.debezium.data.Xml',
  'io.debezium.data.Ltree',
]);

/** How values are decoded that are no numbers and no times; undefined: they come as what such values do not come as. */
export function decodeOther(context: ValueContext): ValueDecoder | undefined {
  const { type, schema, subject, sourceType } = context;
  if (geometric.has(type.base) && isPlain(schema, 'bytes')) {
    return (value) =>
      bytesOf(subject, value)
        .toString()
        .replaceAll(javaNumber, (each) => doubleText(Number(each)));
  }
  if (schema.name !== undefined && named[type.base] === schema.name) return stringOf(subject);
  switch (type.base) {
    case 'text':
      if (sourceType === 'hstore') return hstoreDecoder(context);
      return schema.type === 'string' && namedTexts.has(schema.name ?? '') ? stringOf(subject) : undefined;
    case 'bytea':
      return isPlain(schema, 'bytes') ? (value) => `\\x${bytesOf(subject, value).toString('hex')}` : undefined;
    case 'bit':
      return bitDecoder(context);
    case 'bit varying':
      if (isPlain(schema, 'bytes')) return undefined;
      throw lossyType(subject, 'Debezium leaves out zeros at its high end');
    case 'point':
      return schema.name === 'io.debezium.data.geometry.Point' ? (value) => pointText(subject, value) : undefined;
    default:
      return undefined;
  }
}

function bitDecoder({ schema, subject }: ValueContext): ValueDecoder | undefined {
  if (isPlain(schema, 'boolean')) return (value) => (value === true ? '1' : '0');
  const length = Number(schema.parameters?.['length']);
  if (schema.name !== 'io.debezium.data.Bits' || !Number.isInteger(length)) return undefined;
  return (value) => bitsText(bytesOf(subject, value), length);
}

function pointText(subject: string, value: unknown): string {
  if (!isObject(value)) throw badValue(subject, value);
  const [x, y] = [value['x'], value['y']].map((part) => doubleText(Number(part)));
  return `(${x},${y})`;
}

function hstoreDecoder({ schema, subject }: ValueContext): ValueDecoder {
  if (schema.type !== 'map' && schema.name !== 'io.debezium.data.Json') {
    throw wrongSetting(subject, `it came as ${schema.name ?? schema.type}`, 'hstore.handling.mode=map');
  }
  return (value) => {
    const map: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (!isObject(map)) throw badValue(subject, value);
    const pairs = Object.entries(map).map(([key, each]) => {
      if (typeof each !== 'string' && each !== null) throw badValue(subject, value);
      return [key, each] as const;
    });
    return hstoreText(pairs);
  };
}
