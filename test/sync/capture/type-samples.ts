export interface TypeSample {
  /** Name of its column. */
  readonly name: string;
  readonly type: string;
  /** As written in SQL, without quotes. */
  readonly values: readonly string[];
  /** Whether a primary key can be of this type. */
  readonly isKey: boolean;
}

/** What legacy has besides the built-in types. */
export const ownTypes = `
  CREATE EXTENSION hstore; CREATE EXTENSION citext;
  CREATE TYPE mood AS ENUM ('calm', 'very busy', 'it''s "odd"');
  CREATE DOMAIN positive AS numeric(20,5) CHECK (VALUE > 0);
  CREATE DOMAIN short AS varchar(5);
  CREATE DOMAIN shorter AS short;
  CREATE DOMAIN tags AS text[];
  CREATE TYPE place AS (street text, no int, at point);
  CREATE TYPE span AS RANGE (subtype = timestamptz);
  CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);`;

const key = (name: string, type: string, ...values: readonly string[]): TypeSample => ({
  name,
  type,
  values,
  isKey: true,
});
const plain = (name: string, type: string, ...values: readonly string[]): TypeSample => ({
  name,
  type,
  values,
  isKey: false,
});
const array = (name: string, type: string, ...values: readonly string[]): TypeSample =>
  key(`${name}_array`, type, ...values);

export const typeSamples: readonly TypeSample[] = [
  key('smallint', 'smallint', '-32768', '32767', '0'),
  key('integer', 'integer', '-2147483648', '2147483647', '0'),
  key('bigint', 'bigint', '-9223372036854775808', '9223372036854775807', '9007199254740993'),
  key(
    'numeric',
    'numeric',
    'NaN',
    'Infinity',
    '-Infinity',
    '0.000',
    `${'9'.repeat(300)}.${'1'.repeat(300)}`,
    `0.${'0'.repeat(900)}1`,
    '1e-16383',
    '1e131071',
    '-0.10',
  ),
  key('numeric_scaled', 'numeric(12,4)', '12345678.9', '-0.00005', '0'),
  key('real', 'real', '1.1', '3.4028235e38', '1e-45', 'NaN', '-Infinity', '16777217'),
  key(
    'double',
    'double precision',
    '0.1',
    '1.7976931348623157e308',
    '5e-324',
    '0.30000000000000004',
    'NaN',
    'Infinity',
  ),
  plain('money', 'money', '-92233720368547758.08', '92233720368547758.07', '0'),
  key('boolean', 'boolean', 'true', 'false'),
  key('text', 'text', '', 'null', 'NULL', 'a\tb\nc\\d\'e"f', '漢字 🦊 é ẞ', 'x'.repeat(500), ' trailing  '),
  key('varchar', 'varchar(20)', '', ' a ', '{"a": 1}', '$1 ? ?? :name'),
  key('character', 'character(5)', '', 'ab', 'ab c', 'abcde'),
  key('bpchar', 'bpchar', 'ab  ', 'ab'.repeat(3)),
  key('one_char', '"char"', 'x', '', '\\377'),
  key('name', 'name', 'pg_class', 'Größe'),
  key('bytea', 'bytea', '\\x', '\\x00ff5c', `\\x${'00ff'.repeat(200)}`),
  key(
    'date',
    'date',
    '1899-12-31',
    '0001-01-01',
    '4713-01-01 BC',
    '5874897-12-31',
    'infinity',
    '-infinity',
    '2024-02-29',
  ),
  key('time', 'time', '00:00:00', '24:00:00', '23:59:59.999999'),
  key('timetz', 'time with time zone', '02:30:00.000001+05:45', '24:00:00-15:59'),
  key(
    'timestamp',
    'timestamp',
    '1883-11-18 12:03:57.999999',
    '0044-03-15 00:00:00 BC',
    '294276-12-31 23:59:59.999999',
    'infinity',
    '2024-03-10 02:30:00',
  ),
  key('timestamp_cut', 'timestamp(3)', '2024-03-10 02:30:00.123456'),
  key(
    'timestamptz',
    'timestamptz',
    '2024-03-10 02:30:00.123456-05',
    '1800-01-01 00:00:00+00',
    'infinity',
    '-infinity',
    '4713-01-01 00:00:00+00 BC',
  ),
  key(
    'interval',
    'interval',
    '1 year 2 mons -3 days 04:05:06.789012',
    '-1 mon +1 day',
    '00:00:00',
    '-00:00:00.000001',
    '178000000 years',
  ),
  key('interval_months', 'interval year to month', '1 year 11 mons'),
  key('uuid', 'uuid', '00000000-0000-0000-0000-000000000000', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'),
  plain('json', 'json', '{"b": 12345678901234567890.123456789, "a":  1e400, "b": 2}', '"\\u0000"', 'null', '[1,  2]'),
  key('jsonb', 'jsonb', '{"b": 12345678901234567890.123456789, "a": 1e100}', 'null', '"text"', '[]'),
  plain('xml', 'xml', '<a x="1">é &amp; b</a>', 'just content'),
  key('inet', 'inet', '192.168.0.1', '192.168.0.1/24', '::1', '::ffff:1.2.3.4/100'),
  key('cidr', 'cidr', '10.0.0.0/8', '2001:db8::/32', '10.1.2.3/32'),
  key('macaddr', 'macaddr', '08:00:2b:01:02:03'),
  key('macaddr8', 'macaddr8', '08:00:2b:01:02:03:04:05'),
  key('bit', 'bit(5)', '10101', '00000'),
  key('varbit', 'bit varying', '', '1', '0101010101010101'),
  plain('point', 'point', '(1.5,-2)', '(1e300,Infinity)', '(0.1,NaN)'),
  plain('line', 'line', '{1,2,3}'),
  plain('lseg', 'lseg', '[(1,2),(3,4)]'),
  plain('box', 'box', '(3,4),(1,2)'),
  plain('path', 'path', '[(1,2),(3,4)]', '((1,2),(3,4))'),
  plain('polygon', 'polygon', '((1,2),(3,4),(5,6))'),
  plain('circle', 'circle', '<(1,2),3.5>'),
  key('tsvector', 'tsvector', `'a':1A,3 'it''s':2`, ''),
  key('tsquery', 'tsquery', `'fat' & !( 'rat' | 'cat':AB )`),
  key('oid', 'oid', '4294967295', '0'),
  plain('xid8', 'xid8', '18446744073709551615'),
  key('pg_lsn', 'pg_lsn', 'FFFFFFFF/FFFFFFFF', '0/0'),
  plain('regclass', 'regclass', 'kinds', 'pg_class', '-'),
  plain('regtype', 'regtype', 'mood', 'integer'),
  plain('regrole', 'regrole', 'postgres'),
  plain('jsonpath', 'jsonpath', '$.a[*]?(@.b > 1.50)'),
  plain('snapshot', 'pg_snapshot', '10:20:10,14,15'),
  key('int4range', 'int4range', '[1,5)', 'empty', '(,)', '[3,3]'),
  key('numrange', 'numrange', '(1.10,2.200]', '[-Infinity,Infinity]'),
  key('tstzrange', 'tstzrange', '["1899-12-31 23:59:59.999999+00",infinity)', 'empty'),
  key('daterange', 'daterange', '[2024-02-28,2024-03-01]', '(,2024-01-01)'),
  key('multirange', 'int8multirange', '{}', '{[1,3), [7,9223372036854775806)}'),
  array('bigint', 'bigint[]', '{}', '{1,NULL,-9223372036854775808}', '{{1,2},{3,4}}', '[2:3]={7,8}'),
  array('text', 'text[]', '{}', '{"",NULL,"NULL","a,b","{}","q\\"uote","back\\\\slash"," sp "}', '{{a,b},{c,NULL}}'),
  array('numeric', 'numeric(10,2)[]', '{1.1,NaN,NULL}'),
  array('timestamptz', 'timestamptz[]', '{"1899-12-31 00:00:00.000001+00",infinity}'),
  array('jsonb', 'jsonb[]', '{"{\\"a\\": 12345678901234567890}",null}'),
  array('bytea', 'bytea[]', '{"\\\\x00ff",NULL}'),
  array('boolean', 'boolean[]', '{t,f,NULL}'),
  plain('point_array', 'point[]', '{"(1,2)","(3,4)"}'),
  plain('money_array', 'money[]', '{1.50,-2}'),
  plain('regclass_array', 'regclass[]', '{kinds,pg_class}'),
  // Only legacy knows the rest.
  key('mood', 'mood', 'calm', 'very busy', `it's "odd"`),
  key('mood_array', 'mood[]', `{calm,NULL,"it's \\"odd\\""}`),
  key('positive', 'positive', '0.00001', '123456789012345.99999'),
  key('short', 'short', 'abc', ''),
  key('shorter', 'shorter', 'abc', ''),
  key('tags', 'tags', '{}', '{a,"b c",NULL}'),
  plain('place', 'place', '("1 ""Main"" St, x",12,"(1,2)")', '(,,)'),
  plain('place_array', 'place[]', '{"(a,1,\\"(1,2)\\")",NULL}'),
  key('span', 'span', '["1899-12-31 00:00:00+00","2024-01-01 00:00:00+00")', 'empty'),
  key('hstore', 'hstore', '"a"=>"1", "b"=>NULL, "q\\"x"=>"\\\\"', ''),
  key('citext', 'citext', 'Hello', 'HELLO there', ''),
  key('folded', 'text COLLATE folded', 'Straße', 'éA'),
];
