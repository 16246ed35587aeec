import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CandidateResult } from '../../src/kernel/candidate.ts';
import { openReadDatabase } from '../../src/readmodel/open-read-database.ts';
import { QueryCandidate } from '../../src/readmodel/query-candidate.ts';
import { Door } from '../support/door.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const question = { feature: 'orders', route: 'GET /orders', params: {}, method: 'GET', target: '/orders', headers: [] };

let database: TestDatabase;
let door: Door;
let db: Knex;

beforeEach(async () => {
  database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  door = new Door({ host: hostname, port: Number(port) });
  await door.open();
  const url = new URL(database.url);
  url.host = `127.0.0.1:${door.port}`;
  db = openReadDatabase({ url: url.href, schema: 'public', max: 2, statementTimeoutMs: 200 });
});

afterEach(async () => {
  await door.shut();
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

function ask(unopened?: 'failed' | 'busy'): Promise<CandidateResult> {
  const handlers = new Map([['GET /orders', () => db.raw('SELECT 1')]]);
  return new QueryCandidate(handlers, db, unopened).ask(question, 20_000);
}

test('a connection that is not open in time is a failure for users, and nothing that a comparison could count', async () => {
  // A byte each tenth of a second: a login takes longer than anybody waits.
  door.trickle = 1;
  expect(await ask()).toMatchObject({ ok: false, failure: 'failed' });
  expect(await ask('busy')).toMatchObject({ ok: false, failure: 'busy' });
});

test('handlers that keep all connections to themselves have failed, in a comparison as well', async () => {
  const kept = [await db.transaction(), await db.transaction()];
  try {
    expect(await ask('busy')).toMatchObject({ ok: false, failure: 'failed' });
  } finally {
    await Promise.all(kept.map((each) => each.rollback()));
  }
});
