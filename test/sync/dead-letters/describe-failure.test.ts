import knexModule from 'knex';
import { expect, test } from 'vitest';
import { describeFailure } from '../../../src/sync/dead-letters/describe-failure.ts';
import {
  isConflict,
  isOfDefinition,
  isParkable,
  isTransient,
} from '../../../src/sync/dead-letters/transient-errors.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** What a real server says of each, with values that must not be kept. */
const failing: readonly [string, string, string][] = [
  ['SELECT ?::int', '22P02', 'invalid input syntax for type integer: [hidden]'],
  ['SELECT (?::text || 0)::timestamptz', '22007', 'invalid input syntax for type timestamp with time zone: [hidden]'],
  ['INSERT INTO people VALUES (1, ?)', '23505', 'duplicate key value violates unique constraint "people_pkey"'],
  [
    'INSERT INTO people SELECT 2, NULL WHERE ? <> 0::text',
    '23502',
    'null value in column "name" of relation "people" violates not-null constraint',
  ],
  ['INSERT INTO people VALUES (3, repeat(?, 9))', '22001', 'value too long for type character varying(20)'],
  ['SELECT nobody FROM people WHERE name = ?', '42703', 'column "nobody" does not exist'],
  ['SELECT 1 FROM nowhere WHERE ? = 1::text', '42P01', 'relation "nowhere" does not exist'],
];

test('what is kept of an error of PostgreSQL names the place and no value', async () => {
  await using database = await createTestDatabase();
  const db = knexModule({ client: 'pg', connection: database.url, pool: { min: 0, max: 1 } });
  try {
    await db.raw(`CREATE TABLE people (id int PRIMARY KEY, name varchar(20) NOT NULL)`);
    await db.raw(`INSERT INTO people VALUES (1, 'Jane Doe')`);
    for (const [sql, code, message] of failing) {
      const error: unknown = await db.raw(sql, ['Jane Doe']).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(describeFailure(error)).toEqual({ code, message });
      expect(isParkable(error)).toBe(true);
      expect(isOfDefinition(error)).toBe(code.startsWith('42'));
    }
  } finally {
    await db.destroy();
  }
});

test.each([
  [
    new Error('no rate for "CHF" of jane@doe.example, account 12345678'),
    'no rate for [hidden] of [hidden] account [hidden]',
  ],
  [
    new TypeError(`Cannot read properties of undefined (reading 'toFixed')`),
    `Cannot read properties of undefined (reading 'toFixed')`,
  ],
  [
    new SyntaxError(`Unexpected token 'J', "Jane Doe" is not valid JSON`),
    'Unexpected token [hidden], [hidden] is not valid JSON',
  ],
])('of an error of the definition %s, what may be data is hidden', (error, message) => {
  expect(describeFailure(error)).toEqual({ code: error.name, message });
});

test('a long message is cut', () => {
  expect(describeFailure(new Error('x '.repeat(2_000))).message).toHaveLength(500);
});

const coded = (code: string): Error => Object.assign(new Error('failed'), { code });

test.each(['08006', '40001', '40P01', '53100', '53300', '55P03', '57014', '57P01', 'ECONNRESET', 'EAI_AGAIN'])(
  'an error with the code %s may pass by itself, so nothing is parked for it',
  (code) => {
    expect(isTransient(coded(code))).toBe(true);
    expect(isTransient(new Error('wrapped', { cause: coded(code) }))).toBe(true);
    expect(isParkable(coded(code))).toBe(false);
  },
);

test('an error of the driver that carries no code may pass by itself', () => {
  expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isTransient(new Error('Client has encountered a connection error and is not queryable'))).toBe(true);
  expect(isTransient(new TypeError('x is not a function'))).toBe(false);
  expect(isConflict(coded('40P01'))).toBe(true);
  expect(isConflict(coded('23505'))).toBe(false);
});
