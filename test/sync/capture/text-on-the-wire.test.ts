import * as fc from 'fast-check';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { filterLines, lastLine } from '../../../src/sync/mirror/copy-lines.ts';
import { copyIn, copyOut } from '../../../src/sync/postgres/copy.ts';
import { elementType, textArray } from '../../../src/sync/postgres/text-array.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** Everything that a text value can hold; PostgreSQL has no zero character and no half of a surrogate pair. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom(
        '\\',
        '"',
        "'",
        ',',
        '{',
        '}',
        '\n',
        '\r',
        '\t',
        '\b',
        '\v',
        '\f',
        'N',
        '.',
        ' ',
        '😀',
        'ß',
      ),
    }),
    fc.constantFrom('', 'NULL', 'null', String.raw`\N`, String.raw`\.`, '{}', '"', ' '),
  )
  .filter((value) => !value.includes('\0'));
const value = fc.option(text, { nil: null });

const unbounded = { maxBytes: Number.POSITIVE_INFINITY, cancel: async () => undefined };

async function withClient(work: (client: Client) => Promise<void>): Promise<void> {
  await using database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

test('an array of any texts is read by the server as exactly these texts', async () => {
  await withClient(async (client) => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 40 }), async (values) => {
        const { rows } = await client.query<{ v: string | null }>(
          'SELECT v FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n',
          [textArray(values)],
        );
        expect(rows.map(({ v }) => v)).toEqual(values);
      }),
      { numRuns: 200 },
    );
  });
});

test('arrays of other types are read as their values, json with quotes and backslashes included', async () => {
  await withClient(async (client) => {
    const cases: readonly (readonly [string, readonly (string | null)[]])[] = [
      ['bigint', ['-9223372036854775808', null, '9223372036854775807']],
      ['numeric(50,10)', ['NaN', '123456789012345678901234567890.0123456789']],
      ['timestamp with time zone', ['infinity', '2024-02-29 12:34:56.789012+00']],
      ['jsonb', [String.raw`{"a": "quote \" and \\ and \n", "n": 12345678901234567890}`, null, '"NULL"']],
      ['boolean', ['true', 'false', null]],
      ['character varying(3)', ['abc', '', null]],
      ['text[]', ['{a,"b c",NULL}', null, '{}']],
      ['box', ['(1,1),(0,0)']],
      ['bytea', [String.raw`\x00ff`]],
    ];
    await client.query(`SET timezone = 'UTC'`);
    for (const [type, values] of cases) {
      const { rows } = await client.query<{ v: string | null }>(
        `SELECT (v::${type})::text AS v FROM unnest($1::${elementType(type)}[]) WITH ORDINALITY AS u(v, n) ORDER BY n`,
        [textArray(values)],
      );
      expect(rows.map(({ v }) => v)).toEqual(values);
    }
  });
});

test('lines that are copied out and in again are the same rows, and their keys are read right', async () => {
  await withClient(async (client) => {
    await client.query('CREATE TABLE source (n int, a text, b text, c text)');
    await client.query('CREATE TABLE copied (n int, a text, b text, c text)');
    const row = fc.tuple(text, value, text);
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        await client.query('TRUNCATE source, copied');
        for (const [n, [a, b, c]] of rows.entries())
          await client.query('INSERT INTO source VALUES ($1, $2, $3, $4)', [n, a, b, c]);
        const out = await copyOut(client, 'COPY (SELECT * FROM source ORDER BY n) TO STDOUT', unbounded);
        expect(out.rows).toBe(rows.length);
        const last = rows.at(-1);
        expect(lastLine(out.bytes, [3, 1])).toEqual(last && [last[2], last[0]]);
        const kept = filterLines(out.bytes, [0, 1], ([n, a]) => {
          expect(a).toBe(rows[Number(n)]![0]);
          return Number(n) % 3 !== 0;
        });
        await copyIn(client, 'COPY copied FROM STDIN', kept);
        const { rows: copied } = await client.query('SELECT * FROM copied ORDER BY n');
        expect(copied).toEqual(rows.map(([a, b, c], n) => ({ n, a, b, c })).filter(({ n }) => n % 3 !== 0));
      }),
      { numRuns: 100 },
    );
  });
});

test('a copy that the server refuses fails with its error, and the connection can be used on', async () => {
  await withClient(async (client) => {
    await client.query('CREATE TABLE once (n int PRIMARY KEY)');
    const lines = Buffer.from(Array.from({ length: 200_000 }, (_, n) => `${n % 150_000}\n`).join(''));
    await expect(copyIn(client, 'COPY once FROM STDIN', lines)).rejects.toMatchObject({ code: '23505' });
    await expect(copyOut(client, 'COPY nowhere TO STDOUT', unbounded)).rejects.toMatchObject({ code: '42P01' });
    expect((await client.query('SELECT count(*)::int AS n FROM once')).rows).toEqual([{ n: 0 }]);
  });
});
