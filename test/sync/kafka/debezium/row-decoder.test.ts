import { expect, test } from 'vitest';
import { unchanged } from '../../../../src/sync/postgres/pgoutput-messages.ts';
import type { ConnectField } from '../../../../src/sync/kafka/debezium/connect-message.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { RowDecoder } from '../../../../src/sync/kafka/debezium/row-decoder.ts';
import { slotIsChecked } from './right-properties.ts';

const decimal = 'org.apache.kafka.connect.data.Decimal';

const readable: readonly [type: string, schema: Omit<ConnectField, 'field'>, value: unknown, text: string][] = [
  ['integer', { type: 'int32' }, -7, '-7'],
  ['bigint', { type: 'int64' }, '9223372036854775807', '9223372036854775807'],
  ['oid', { type: 'int64' }, 4294967295, '4294967295'],
  ['boolean', { type: 'boolean' }, false, 'f'],
  ['real', { type: 'float' }, 16777217, '1.6777216e+07'],
  ['double precision', { type: 'double' }, 'NaN', 'NaN'],
  ['numeric(12,2)', { type: 'bytes', name: decimal, parameters: { scale: '2' } }, 'ANw=', '2.20'],
  ['numeric', { type: 'string' }, '0.000', '0.000'],
  ['numeric', { type: 'string' }, 'NaN', 'NaN'],
  ['bytea', { type: 'bytes' }, 'AP9c', '\\x00ff5c'],
  ['date', { type: 'int32', name: 'io.debezium.time.Date' }, -719162, '0001-01-01'],
  ['time without time zone', { type: 'int64', name: 'io.debezium.time.MicroTime' }, 86_400_000_000, '24:00:00'],
  ['time(3) without time zone', { type: 'int32', name: 'io.debezium.time.Time' }, 1, '00:00:00.001'],
  ['time without time zone', { type: 'int64', name: 'io.debezium.time.NanoTime' }, 1_000, '00:00:00.000001'],
  [
    'timestamp(3) without time zone',
    { type: 'int64', name: 'io.debezium.time.Timestamp' },
    -1,
    '1969-12-31 23:59:59.999',
  ],
  [
    'timestamp without time zone',
    { type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
    '1710037800123456',
    '2024-03-10 02:30:00.123456',
  ],
  [
    'timestamp with time zone',
    { type: 'string', name: 'io.debezium.time.ZonedTimestamp' },
    '2024-03-10T07:30:00.120000Z',
    '2024-03-10 07:30:00.12+00',
  ],
  [
    'interval',
    { type: 'string', name: 'io.debezium.time.Interval' },
    'P1Y2M-3DT4H5M6.789012S',
    '1 year 2 mons -3 days +04:05:06.789012',
  ],
  ['bit(5)', { type: 'bytes', name: 'io.debezium.data.Bits', parameters: { length: '5' } }, 'FQ==', '10101'],
  ['bit(1)', { type: 'boolean' }, true, '1'],
  ['bigint[]', { type: 'array', items: { type: 'int64' } }, [1, null, '9007199254740993'], '{1,NULL,9007199254740993}'],
  [
    'jsonb[]',
    { type: 'array', items: { type: 'string', name: 'io.debezium.data.Json' } },
    ['{"a": 1}'],
    String.raw`{"{\"a\": 1}"}`,
  ],
  ['tsquery', { type: 'bytes' }, Buffer.from(`'fat' & 'rat'`).toString('base64'), `'fat' & 'rat'`],
  ['point', { type: 'struct', name: 'io.debezium.data.geometry.Point' }, { x: 1.5, y: -2 }, '(1.5,-2)'],
];

const refused: readonly [type: string, schema: Omit<ConnectField, 'field'>, remedy: string | undefined][] = [
  ['numeric', { type: 'struct', name: 'io.debezium.data.VariableScaleDecimal' }, 'decimal.handling.mode=string'],
  ['numeric(12,2)', { type: 'double' }, 'decimal.handling.mode=string'],
  ['interval', { type: 'int64', name: 'io.debezium.time.MicroDuration' }, 'interval.handling.mode=string'],
  [
    'timestamp without time zone',
    { type: 'int64', name: 'org.apache.kafka.connect.data.Timestamp' },
    'time.precision.mode=adaptive',
  ],
  [
    'time without time zone',
    { type: 'int32', name: 'org.apache.kafka.connect.data.Time' },
    'time.precision.mode=adaptive',
  ],
  [
    'timestamp without time zone',
    { type: 'int64', name: 'io.debezium.time.NanoTimestamp' },
    'time.precision.mode=adaptive',
  ],
  ['bytea', { type: 'string' }, 'binary.handling.mode=bytes'],
  ['time with time zone', { type: 'string', name: 'io.debezium.time.ZonedTime' }, undefined],
  ['bit varying', { type: 'bytes', name: 'io.debezium.data.Bits', parameters: { length: '9' } }, undefined],
  ['text', { type: 'struct', name: 'io.debezium.data.geometry.Geometry' }, undefined],
];

function decoderOf(mirrorType: string, properties?: Readonly<Record<string, string>>): RowDecoder {
  const column = { name: 'v', mirrorType, sourceType: mirrorType };
  const table = { name: 'public.t', columns: [column], identityColumns: ['v'] };
  return new RowDecoder(table, connectorSettings(properties));
}

const rowOf = (decoder: RowDecoder, value: unknown, schema: Omit<ConnectField, 'field'>, leavesOut = false): unknown =>
  decoder.row({ v: value }, [{ ...schema, field: 'v' }], leavesOut)['v'];

const items = (type: string): Omit<ConnectField, 'field'> => ({ type: 'array', items: { type } });

test.each(readable)('%s that comes as %j is what PostgreSQL prints', (type, schema, value, text) => {
  expect(rowOf(decoderOf(type), value, schema)).toBe(text);
  expect(rowOf(decoderOf(type), null, schema)).toBeNull();
});

test.each(refused)('%s that comes as %j is refused', (type, schema, setting) => {
  const code = setting === undefined ? 'FIG_DEBEZIUM_TYPE' : 'FIG_DEBEZIUM_SETTING';
  const remedy = expect.stringContaining(setting ?? '');
  expect(() => rowOf(decoderOf(type), null, schema)).toThrow(expect.objectContaining({ code, remedy }));
});

test('a column that is not sent is refused, one that is not wanted is passed over', () => {
  const decoder = decoderOf('integer');
  expect(() => decoder.row({ w: 1 }, [{ field: 'w', type: 'int32' }], false)).toThrow(
    expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING', message: expect.stringContaining('public.t.v (integer)') }),
  );
  const fields = [
    { field: 'w', type: 'geometry' },
    { field: 'v', type: 'int32' },
  ];
  expect({ ...decoder.row({ w: {}, v: 1 }, fields, false) }).toEqual({ v: '1' });
});

test('a large value that did not change is left out, and the same text in a new row is what it is', () => {
  const placeholder = '__debezium_unavailable_value';
  const base64 = Buffer.from(placeholder).toString('base64');
  const texts = { type: 'array', items: { type: 'string' } };
  const numbers = { type: 'array', items: { type: 'int64' } };
  const forms: readonly [string, Omit<ConnectField, 'field'>, unknown][] = [
    ['text', { type: 'string' }, placeholder],
    ['bytea', { type: 'bytes' }, base64],
    ['text[]', texts, [placeholder]],
    ['bigint[]', numbers, [...Buffer.from(placeholder)]],
  ];
  for (const [type, schema, value] of forms) {
    expect(rowOf(decoderOf(type), value, schema, true), type).toBe(unchanged);
    expect(rowOf(decoderOf(type), value, schema, false), type).not.toBe(unchanged);
  }
  expect(rowOf(decoderOf('text'), base64, { type: 'string' }, true)).toBe(base64);
});

test('a null of an array is refused where it may stand for a value', () => {
  const refusal = expect.objectContaining({ code: 'FIG_DEBEZIUM_TYPE' });
  expect(() => rowOf(decoderOf('numeric[]'), null, items('string'))).toThrow(refusal);
  expect(rowOf(decoderOf('numeric[]'), ['1.50'], items('string'))).toBe('{1.50}');
  expect(rowOf(decoderOf('boolean[]'), null, items('boolean'))).toBeNull();
  expect(() => rowOf(decoderOf('boolean[]'), null, items('boolean'), true)).toThrow(refusal);
  expect(rowOf(decoderOf('bigint[]'), null, items('int64'), true)).toBeNull();
});

test('a value that may stand for a null is refused, unless the connector keeps nulls', () => {
  const schema = { type: 'string', optional: true, default: 'new' };
  expect(() => rowOf(decoderOf('text'), 'new', schema)).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining('replace.null.with.default=false') }),
  );
  expect(rowOf(decoderOf('text'), 'old', schema)).toBe('old');
  expect(rowOf(decoderOf('text'), 'new', { type: 'string', default: 'new' })).toBe('new');
  const kept = {
    'skipped.operations': 'none',
    'provide.transaction.metadata': 'true',
    'value.converter.replace.null.with.default': 'false',
    'event.converting.failure.handling.mode': 'fail',
    'include.unknown.datatypes': 'true',
    ...slotIsChecked,
  };
  expect(rowOf(decoderOf('text', kept), 'new', schema)).toBe('new');
});

test('messages without schemas are read by what the connector is set to, and refused where that is not known', () => {
  const properties = {
    'skipped.operations': 'none',
    'provide.transaction.metadata': 'true',
    'value.converter.replace.null.with.default': 'false',
    'event.converting.failure.handling.mode': 'fail',
    'include.unknown.datatypes': 'true',
    ...slotIsChecked,
  };
  const read = (type: string, value: unknown, more: Readonly<Record<string, string>> = {}): unknown =>
    decoderOf(type, { ...properties, ...more }).row({ v: value }, undefined, false)['v'];
  expect(read('timestamp(3) without time zone', 1)).toBe('1970-01-01 00:00:00.001');
  expect(read('timestamp without time zone', 1)).toBe('1970-01-01 00:00:00.000001');
  expect(read('numeric(12,2)', 'ANw=')).toBe('2.20');
  expect(read('numeric(12,2)', '2.20', { 'decimal.handling.mode': 'string' })).toBe('2.20');
  expect(() => read('numeric', {})).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING' }));
  expect(() => decoderOf('integer').row({ v: 1 }, undefined, false)).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining('schemas.enable=true') }),
  );
});

test('an old row tells its key only, and no value that was not sent', () => {
  const columns = ['id', 'code', 'other'].map((name) => ({ name, mirrorType: 'text', sourceType: 'text' }));
  const table = { name: 'public.t', columns, identityColumns: ['id', 'code'] };
  const fields = columns.map(({ name }) => ({ field: name, type: 'string' }));
  const old = { id: '1', code: '__debezium_unavailable_value', other: null };
  expect({ ...new RowDecoder(table, connectorSettings()).key(old, fields) }).toEqual({ id: '1' });
});

test('a value that is not there, though its column is, is refused', () => {
  expect(() => decoderOf('integer').row({}, [{ field: 'v', type: 'int32' }], false)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('not sent') }),
  );
});

test('a name is refused where the connector may send it as null', () => {
  expect(() => rowOf(decoderOf('name'), 'a', { type: 'string' })).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining('include.unknown.datatypes=true') }),
  );
});

test('a null of an array of a domain is refused in an update', () => {
  const column = { name: 'v', mirrorType: 'bigint[]', sourceType: 'whole_numbers[]' };
  const decoder = new RowDecoder({ name: 'public.t', columns: [column], identityColumns: ['v'] }, connectorSettings());
  expect(() => rowOf(decoder, null, items('int64'), true)).toThrow(
    expect.objectContaining({ code: 'FIG_DEBEZIUM_TYPE' }),
  );
  expect(rowOf(decoder, null, items('int64'))).toBeNull();
});
