import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../src/sync/change.ts';
import { printingSettings, textTypes } from '../../../src/sync/postgres/session-settings.ts';
import { FollowedDatabase } from './followed-database.ts';

const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
const digits = fc.bigInt({ min: 0n, max: 10n ** 60n }).map(String);
const numeric = fc.oneof(
  fc.tuple(fc.constantFrom('', '-'), digits, digits).map(([sign, whole, part]) => `${sign}${whole}.${part}`),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', '1e-300', '9e300'),
);
const time = fc
  .tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 999_999 }))
  .map(([year, day, micros]) => {
    const date = `${String(year).padStart(4, '0')}-02-${String(day).padStart(2, '0')}`;
    return `${date} 23:59:59.${String(micros).padStart(6, '0')}`;
  });
const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => `\\x${Buffer.from(value).toString('hex')}`);
const small = fc.integer({ min: -100_000, max: 100_000 });

/** Of each type, texts that PostgreSQL takes for it. */
const types: Readonly<Record<string, fc.Arbitrary<string>>> = {
  int2: fc.integer({ min: -32_768, max: 32_767 }).map(String),
  int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  numeric,
  float4: fc.oneof(fc.float().map(String), fc.constantFrom('NaN', 'Infinity', '-0')),
  float8: fc.oneof(fc.double().map(String), fc.constantFrom('NaN', '-Infinity', '-0')),
  bool: fc.constantFrom('t', 'f'),
  text,
  'character(7)': fc.string({ unit: 'grapheme-ascii', maxLength: 7 }),
  bytea: bytes,
  timestamp: fc.oneof(time, fc.constantFrom('infinity', '-infinity', '4713-01-01 00:00:00 BC')),
  timestamptz: fc.oneof(
    time.map((at) => `${at}+02`),
    fc.constantFrom('infinity', '0044-03-15 12:00:00+00 BC'),
  ),
  date: fc.oneof(
    time.map((at) => at.slice(0, 10)),
    fc.constantFrom('1899-12-31', 'infinity'),
  ),
  timetz: time.map((at) => `${at.slice(11)}-03:30`),
  interval: fc.tuple(small, small, small).map(([months, days, micros]) => `${months} mons ${days} days ${micros} us`),
  uuid: fc.uuid(),
  inet: fc.oneof(fc.ipV4(), fc.ipV6()),
  json: fc.json({ maxDepth: 2 }).filter((value) => !value.includes(String.raw`\u0000`)),
  jsonb: fc.constantFrom('{"n": 12345678901234567890.10}', '[1e400]', '"\u{1f600}"', 'null'),
  'text[]': fc
    .array(
      fc.oneof(
        fc.constant('NULL'),
        text.map((value) => JSON.stringify(value).replaceAll(/\\(?!["\\])/g, '\\\\')),
      ),
    )
    .map((all) => `{${all.join(',')}}`),
  'int[]': fc.array(small).map((all) => `{${all.join(',')}}`),
  int8range: fc.tuple(small, fc.nat(9)).map(([from, length]) => `[${from},${from + length})`),
  mood: fc.constantFrom('calm', 'very, "busy"'),
  positive: fc.integer({ min: 1, max: 9 }).map(String),
  pair: fc.tuple(small, bytes).map(([a, b]) => `(${a},"${b.replace('\\', '\\\\')}")`),
};
const names = Object.keys(types);
const value = (type: string): fc.Arbitrary<string | null> => fc.option(types[type]!, { nil: null, freq: 6 });
const row = fc.tuple(...names.map(value));

const ddl = `CREATE TYPE mood AS ENUM ('calm', 'very, "busy"');
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE TYPE pair AS (a int, b bytea);
  CREATE TABLE things (id int PRIMARY KEY, ${names.map((type, i) => `c${i} ${type}`).join(', ')});`;

test('rows of every kind of value come through a real server as it prints them, streamed or not', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const { client } = database;
  for (const [name, setting] of Object.entries(printingSettings)) await client.query(`SET ${name} = '${setting}'`);
  const columns = names.map((_, i) => `c${i}`);
  const given = names.map((type, i) => `v.c${i}::${type}`).join(', ');
  const arrays = names.map((_, i) => `$${i + 1}::text[]`).join(', ');
  const insert = `INSERT INTO things SELECT n, ${given} FROM unnest(${arrays}) WITH ORDINALITY AS v(${columns.join(', ')}, n)`;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.constantFrom(1, 40), async (rows, copies) => {
      // Many copies of the rows make a transaction that is streamed.
      const all = Array.from({ length: copies }, () => rows).flat();
      await client.query('TRUNCATE things');
      await client.query(
        insert,
        names.map((_, i) => all.map((values) => values[i])),
      );
      await client.query('UPDATE things SET id = -id WHERE id % 3 = 0');
      await client.query('DELETE FROM things WHERE id % 5 = 0');
      const select = `SELECT id, ${columns.join(', ')} FROM things ORDER BY id`;
      const expected = await client.query({ text: select, types: textTypes });
      const seen = new Map<string, Readonly<Record<string, unknown>>>();
      for (const { changes } of await database.read()) for (const change of changes) follow(seen, change);
      const actual = [...seen.values()].toSorted((a, b) => Number(a['id']) - Number(b['id']));
      expect(actual.map((one) => ({ ...one }))).toEqual(expected.rows);
    }),
    { numRuns: Number(process.env['FIG_PROPERTY_RUNS'] ?? 25) },
  );
});

function follow(rows: Map<string, Readonly<Record<string, unknown>>>, change: Change): void {
  if (change.kind === 'truncate') {
    rows.clear();
    return;
  }
  const gone = change.kind === 'insert' ? undefined : change.oldKey?.['id'];
  if (gone) rows.delete(gone);
  if (change.kind !== 'delete') rows.set(String(change.row['id']), change.row);
}
