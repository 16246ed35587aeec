import knexModule from 'knex';
import { expect, test } from 'vitest';
import { describeFailure } from '../../../src/sync/dead-letters/describe-failure.ts';
import { OwnError } from '../../../src/sync/dead-letters/own-error.ts';
import {
  isConflict,
  isOfDefinition,
  isParkable,
  isTransient,
} from '../../../src/sync/dead-letters/transient-errors.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** What a real server says of each, with values that must not be kept. */
const failing: readonly [string, string, string][] = [
  [`SELECT ('a "' || ?::text || '" b')::int`, '22P02', 'invalid input syntax for type integer: [hidden]'],
  [`SELECT ('column "' || ?::text || '"')::int`, '22P02', 'invalid input syntax for type integer: [hidden]'],
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

/** What functions of the legacy application may say, with a value and in various guises. */
const raising: readonly [string, string][] = [
  [`RAISE EXCEPTION 'customer % is blocked', who`, 'P0001'],
  [`RAISE EXCEPTION 'customer % is blocked', who USING ERRCODE = 'check_violation'`, '23514'],
  [`RAISE EXCEPTION 'customer % is blocked', who USING ERRCODE = 'U0815'`, 'U0815'],
  [`ASSERT false, who`, 'P0004'],
];

test('of an error that a function of the database raises, the function and the line are kept and nothing of its text', async () => {
  await using database = await createTestDatabase();
  const db = knexModule({ client: 'pg', connection: database.url, pool: { min: 0, max: 1 } });
  try {
    for (const [statement, code] of raising) {
      await db.raw(`CREATE OR REPLACE FUNCTION check_customer(who text) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN ${statement}; RETURN 1; END $$`);
      const error: unknown = await db.raw('SELECT check_customer(?)', ['Jane Doe']).catch((thrown: unknown) => thrown);
      const message = 'in PL/pgSQL function check_customer(text) line 2 (the text is not kept)';
      expect(describeFailure(error)).toEqual({ code, message });
      expect(isParkable(error)).toBe(true);
    }
  } finally {
    await db.destroy();
  }
});

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

class TariffMissing extends Error {
  override readonly name = 'TariffMissing';
}

/** Each with the data of somebody in its text, in quotes or not. */
const thrown: readonly (() => Error)[] = [
  () => new Error('no tariff for Jane Doe'),
  () => new TypeError('Cannot read properties of Jane Doe'),
  () => new RangeError('Jane Doe\n    at Jane Doe (/home/jane/doe.ts:1:1)'),
  () => new TariffMissing('for "CHF" of jane@doe.example, account 12345678, Jane Doe'),
  () => new SyntaxError(`Unexpected token 'J', "Jane Doe" is not valid JSON`),
  () => Object.assign(new Error('Jane Doe'), { name: 'No tariff for Jane Doe' }),
  // No server gave it that code.
  () => Object.assign(new Error('Jane Doe'), { code: '23505' }),
];

test('of an error that the definition throws, its name and where it was thrown are kept, and nothing of its text', () => {
  for (const make of thrown) {
    const error = make();
    const { code, message } = describeFailure(error);
    expect(code).toBe(error.name.includes(' ') ? 'Error' : error.name);
    expect(message).toMatch(
      /^at test\/sync\/dead-letters\/describe-failure\.test\.ts:\d+:\d+ \(the text is not kept\)$/,
    );
  }
});

test('the place of an error that comes out of a package is where that was called', () => {
  const { code, message } = describeFailure(failureOf(() => knexModule({ client: 'Jane Doe' })));
  expect(code).toBe('Error');
  expect(message).toMatch(/^at test\/sync\/dead-letters\/describe-failure\.test\.ts:\d+:\d+ \(the text is not kept\)$/);
});

test('a text that was changed after the error was made could be among the frames, so no place is told', () => {
  const error = new Error('Jane\n    at (/jane/doe.ts:1:1)');
  // Written when it is asked for.
  expect(error.stack).toContain('Jane');
  error.message = 'something else';
  expect(describeFailure(error)).toEqual({ code: 'Error', message: 'the text is not kept' });
});

test('an error of the system is told by its code', () => {
  const { message } = describeFailure(failureOf(() => new URL('Jane Doe')));
  expect(message).toMatch(/^ERR_INVALID_URL at test\/.+ \(the text is not kept\)$/);
});

test('what fig itself finds wrong with a definition is told whole', () => {
  const message = 'build of summary gives totl, which its table does not have';
  expect(describeFailure(new OwnError(message))).toEqual({ code: 'Error', message });
});

test('a long message is cut', () => {
  expect(describeFailure(new OwnError('x '.repeat(2_000))).message).toHaveLength(500);
});

function failureOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

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
