import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeShapeChange } from '../../../src/sync/capture/judge-shape-change.ts';
import { readShapes, type SourceShape } from '../../../src/sync/postgres/source-shape.ts';
import { runSql, serverVersions, startTestServer, type TestServer } from '../../support/postgres-server.ts';

/** What is done to a table, and what it asks for. */
const changes: readonly (readonly [effect: string, sql: string, reason?: string])[] = [
  ['none', 'UPDATE t SET note = note || note'],
  ['none', 'ANALYZE t'],
  ['none', 'VACUUM FULL t'],
  ['none', 'TRUNCATE t'],
  ['none', 'ALTER TABLE t ALTER COLUMN note SET NOT NULL'],
  ['none', `ALTER TABLE t ALTER COLUMN note SET DEFAULT 'x'`],
  ['none', 'ALTER TABLE t ALTER COLUMN note SET STORAGE EXTERNAL'],
  ['none', 'CREATE INDEX ON t (note)'],
  ['none', 'ALTER TABLE t ADD COLUMN doubled int GENERATED ALWAYS AS (id * 2) STORED'],
  ['none', `ALTER TYPE mood ADD VALUE 'glad'`],
  ['check', 'ALTER TABLE t REPLICA IDENTITY FULL'],
  ['check', 'ALTER TABLE t DROP CONSTRAINT t_pkey'],
  ['check', 'CREATE TABLE heir () INHERITS (t)'],
  ['extend', 'ALTER TABLE t ADD COLUMN more text', 'column more was added'],
  ['extend', `ALTER TABLE t ADD COLUMN more text; ALTER TABLE t ALTER COLUMN more SET DEFAULT 'later'`],
  ['extend', `ALTER TABLE t ADD COLUMN more text DEFAULT 'x'`, 'column more was added'],
  ['extend', `ALTER TABLE t ADD COLUMN more text DEFAULT 'x'; ALTER TABLE t ALTER COLUMN more SET DEFAULT 'later'`],
  ['fill', `ALTER TABLE t ADD COLUMN more box DEFAULT '((1,1),(0,0))'`, 'column more was added with values'],
  ['fill', 'ALTER TABLE t ADD COLUMN more double precision DEFAULT random()', 'column more was added with values'],
  ['fill', `ALTER TABLE t ADD COLUMN more text DEFAULT 'x'; VACUUM FULL t`],
  ['fill', `ALTER TABLE t ADD COLUMN more text; VACUUM FULL t`],
  ['recopy', `ALTER TABLE t ADD COLUMN more uuid DEFAULT gen_random_uuid(); ALTER TABLE t DROP COLUMN note`],
  ['recopy', 'ALTER TABLE t ALTER COLUMN amount TYPE numeric USING amount * 100', 'column amount was rewritten'],
  ['recopy', 'ALTER TABLE t ALTER COLUMN amount TYPE bigint', 'column amount is bigint now, it was numeric'],
  ['recopy', 'ALTER TABLE t ALTER COLUMN code TYPE varchar(20)'],
  ['recopy', 'ALTER TABLE t DROP COLUMN note', 'column note was dropped'],
  ['recopy', 'ALTER TABLE t RENAME note TO remark', 'column note was renamed to remark'],
  ['recopy', 'ALTER TABLE t RENAME note TO x; ALTER TABLE t RENAME code TO note; ALTER TABLE t RENAME x TO code'],
  ['recopy', `ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'`, 'a label of the enum in column mood was renamed'],
  ['none', `ALTER TYPE mood ADD VALUE 'glad'; ALTER TYPE place RENAME ATTRIBUTE x TO east`],
  ['recopy', `ALTER TYPE light RENAME VALUE 'red' TO 'crimson'`, 'a label of the enum in column lights was renamed'],
  ['recopy', `ALTER TYPE tone RENAME VALUE 'low' TO 'deep'`, 'a label of the enum in column tone was renamed'],
  ['recopy', `ALTER TYPE size RENAME VALUE 's' TO 'small'`, 'a label of the enum in column sizes was renamed'],
  ['recopy', `ALTER TYPE shade RENAME VALUE 'dark' TO 'black'`, 'a label of the enum in column place was renamed'],
  ['recopy', 'ALTER TYPE place ADD ATTRIBUTE z int', 'the composite type in column place has other attributes'],
  ['recopy', 'ALTER TYPE place DROP ATTRIBUTE x', 'the composite type in column places has other attributes'],
  ['fill', 'ALTER TABLE t ALTER COLUMN twice DROP EXPRESSION', 'column twice was added with values'],
  ['recopy', 'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)', 'it was dropped and made again'],
];

describe.each(serverVersions)('changes of a table on PostgreSQL %i', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer(version);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(changes.map(([effect, sql, reason]) => [effect, sql, reason] as const))(
    '%s after: %s',
    async (effect, sql, reason) => {
      const url = await server.createDatabase('shop');
      await runSql(
        url,
        'DROP TABLE IF EXISTS t CASCADE; DROP TYPE IF EXISTS mood, light, tone, size, shade, place CASCADE',
        `CREATE TYPE mood AS ENUM ('calm', 'busy'); CREATE TYPE light AS ENUM ('red'); CREATE TYPE tone AS ENUM ('low')`,
        `CREATE TYPE size AS ENUM ('s', 'l'); CREATE TYPE sizes AS RANGE (subtype = size)`,
        `CREATE TYPE shade AS ENUM ('dark'); CREATE TYPE place AS (x int, y int, shade shade); CREATE DOMAIN hue AS tone`,
        `CREATE TABLE t (id int PRIMARY KEY, note text, amount numeric, code varchar(10), mood mood, lights light[],
           tone hue, sizes sizes, place place, places place[], twice int GENERATED ALWAYS AS (id * 2) STORED)`,
        `INSERT INTO t VALUES (1, 'one', 1.5, 'a', 'calm')`,
      );
      const before = await shapeOf(url);
      await runSql(url, ...sql.split(';'));
      const found = judgeShapeChange(before, await shapeOf(url));
      expect(found.effect).toBe(effect);
      expect(found.reasons.length === 0).toBe(effect === 'none');
      expect(reason === undefined || found.reasons.includes(reason), found.reasons.join()).toBe(true);
    },
  );

  it('a table that looks as before is copied again when its rows did not, or when it was not published', async () => {
    const url = await server.createDatabase('suspects');
    await runSql(url, 'CREATE TABLE t (id int PRIMARY KEY)');
    const shape = await shapeOf(url);
    expect(judgeShapeChange(shape, shape, 'relation').effect).toBe('recopy');
    expect(judgeShapeChange(shape, shape, 'unpublished').effect).toBe('recopy');
    await runSql(url, 'ALTER TABLE t ADD COLUMN more text');
    const later = await shapeOf(url);
    expect(judgeShapeChange(shape, later, 'relation').effect).toBe('extend');
    expect(judgeShapeChange(shape, later, 'unpublished').effect).toBe('recopy');
  });
});

async function shapeOf(url: string): Promise<SourceShape> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await readShapes(client, ['public.t'])).get('public.t')!;
  } finally {
    await client.end();
  }
}
