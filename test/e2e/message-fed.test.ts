import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { startUpstream, type Upstream } from '../proxy/support/harness.ts';
import { FigProcess } from '../support/fig-process.ts';
import { createStoreDatabase, createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('fixtures/message-fed.config.ts', import.meta.url));
let database: TestDatabase;
let storeDatabase: TestDatabase;
let legacy: Pool;
let store: Pool;
let upstream: Upstream;
let cwd: string;
let port: number;
let fig: FigProcess;

beforeEach(async () => {
  database = await createTestDatabase();
  storeDatabase = await createStoreDatabase();
  [legacy, store] = [database, storeDatabase].map(({ url }) => new Pool({ connectionString: url, max: 4 })) as [
    Pool,
    Pool,
  ];
  for (const pool of [legacy, store]) pool.on('error', () => undefined);
  await legacy.query('CREATE TABLE notes (id text PRIMARY KEY, text text NOT NULL)');
  upstream = await startUpstream((req, res) => {
    legacy.query('SELECT text FROM notes WHERE id = $1', [req.url?.split('/')[2]]).then(
      ({ rows: [row] }) =>
        res.writeHead(row ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(row ?? {})),
      () => res.writeHead(500).end('{}'),
    );
  });
  cwd = await mkdtemp(join(tmpdir(), 'fig-notes-'));
  port = await freePortNear(0);
});

afterEach(async () => {
  await fig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await legacy.end();
  await store.end();
  await database[Symbol.asyncDispose]();
  await storeDatabase[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

async function startFig(env: NodeJS.ProcessEnv = {}): Promise<void> {
  fig = FigProcess.run(cwd, ['up', '--config', config], port, {
    FIG_PORT: String(port),
    FIG_ADMIN_PORT: '0',
    LEGACY_URL: upstream.url.origin,
    LEGACY_DATABASE_URL: database.url,
    FIG_DATABASE_URL: storeDatabase.url,
    ...env,
  });
  await fig.ready();
}

const feature = async () => (await fig.status()).features[0]!;

/** As legacy does: the row and its event in one transaction. */
async function write(id: string, text: string, author?: string): Promise<void> {
  await legacy.query(
    `WITH written AS (
       INSERT INTO notes VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET text = excluded.text RETURNING id
     )
     SELECT pg_logical_emit_message(true, 'notes', json_build_object(
       'id', gen_random_uuid(), 'type', 'NoteWritten', 'key', id, 'data', $3::json)::text) FROM written`,
    [id, text, JSON.stringify({ text, author })],
  );
}

async function ask(id: string): Promise<string> {
  const response = await fetch(`${fig.proxy}/notes/${id}`);
  return `${response.status} ${await response.text()} ${response.headers.get('x-fig-served-by')}`;
}

async function goLive(): Promise<void> {
  await until('it is made', async () => (await feature()).readModel?.state === 'ready');
  const client = await fig.client();
  await until('reads are live', async () => {
    if ((await feature()).reads === 'live') return true;
    await client.promote('notes', { who: 'the test', why: 'the test', force: true });
    return false;
  });
}

test('a read model of messages that has to be made anew serves nobody until it is proven again', async () => {
  await startFig();
  await until('it is made', async () => (await feature()).readModel?.state === 'ready');
  await write('a', 'first');
  await goLive();
  await until('it serves', async () => (await ask('a')) === '200 {"text":"first"} candidate');

  const odd: string[] = [];
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      const answer = await ask('a');
      if (!answer.startsWith('200 {"text":"first"}')) odd.push(answer);
    }
  })();
  const slots = 'FROM pg_replication_slots WHERE database = current_database()';
  await until('the slot is gone, and the message with it', async () => {
    await legacy.query(`SELECT pg_terminate_backend(active_pid) ${slots} AND active`);
    return legacy.query(`SELECT pg_drop_replication_slot(slot_name) ${slots}`).then(
      () => true,
      () => false,
    );
  });
  let written = 0;
  await until(
    'it is made anew',
    async () => {
      written += 1;
      await write(`later ${written}`, 'later');
      const { rows } = await store.query<{ id: string }>('SELECT id FROM rm_note_v1.note');
      return rows.length > 0 && rows.every(({ id }) => id !== 'a');
    },
    60_000,
  );
  await until('it is in use', async () => (await feature()).readModel?.state === 'ready', 60_000);
  for (let n = 0; n < 50; n += 1) await ask('a');
  isOver = true;
  await reading;
  expect(odd).toEqual([]);
  expect(await feature()).toMatchObject({ reads: 'shadow' });
  expect(fig.output).toContain('may not all be there any more');
}, 180_000);

test('events that a new schema refuses wait, later ones of their key behind them, until it is mended; users see legacy meanwhile', async () => {
  await startFig();
  await until('it is made', async () => (await feature()).readModel?.state === 'ready');
  await write('a', 'first');
  await write('b', 'first');
  await goLive();
  await until('it serves', async () => (await ask('a')) === '200 {"text":"first"} candidate');
  await fig.stop();
  // Nobody has told legacy yet that events are to have authors.
  await write('a', 'second');
  await startFig({ NOTES_HAVE_AUTHORS: '1' });
  await until('it waits', async () => (await feature()).readModel?.deadLetters === 1);
  await write('a', 'third', 'ann');
  await write('b', 'second', 'ann');
  await until('the other key goes on', async () => (await ask('b')) === '200 {"text":"second"} candidate');
  expect(await ask('a')).toBe('200 {"text":"third"} null');
  expect((await store.query(`SELECT text FROM rm_note_v1.note WHERE id = 'a'`)).rows).toEqual([{ text: 'first' }]);
  await fig.stop();
  await startFig();
  await until('all are given, in their order', async () => (await ask('a')) === '200 {"text":"third"} candidate');
  expect(await feature()).toMatchObject({ reads: 'live' });
}, 180_000);
