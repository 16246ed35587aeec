import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Log, silentLog } from '../../../src/kernel/log.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { Seat } from '../../../src/sync/offices/seat.ts';
import { createStoreDatabase, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createStoreDatabase();
  const store = openStore(database.url, { applicationName: 'test' });
  await store.raw('GRANT USAGE ON SCHEMA fig TO public; GRANT ALL ON fig.seat TO public');
  await store.destroy();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

/** A process as others see it: it took a lock, and was seen some time ago. */
class Holder implements AsyncDisposable {
  readonly id = randomUUID();
  readonly #clients: Client[] = [];
  #ended = 0;

  static async of(lock: string, seen: string): Promise<Holder> {
    const holder = new Holder();
    const client = await holder.#connect('fig projector');
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [lock]);
    await client.query(
      `INSERT INTO fig.seat VALUES ($1, 'projector', 'shop', 'other-host', 1, pg_backend_pid(), '{}', '{}', clock_timestamp() - $2::interval)`,
      [holder.id, seen],
    );
    const inTarget = await holder.#connect(`fig projection ${holder.id}`);
    await inTarget.query('BEGIN');
    await inTarget.query('SELECT txid_current()');
    return holder;
  }

  /** Of its two sessions. */
  get ended(): number {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.end().catch(() => undefined);
  }

  async #connect(name: string): Promise<Client> {
    const client = new Client({ connectionString: database.url, application_name: name });
    client.on('error', () => undefined);
    client.once('end', () => (this.#ended += 1));
    await client.connect();
    this.#clients.push(client);
    return client;
  }
}

function seatOf(log: Log = silentLog, url = database.url): Promise<Seat> {
  return Seat.take(url, { process: randomUUID(), migration: 'shop', office: 'projector', able: [] }, log);
}

test('a holder that was not seen for long loses its sessions, those in the target as well, and who waits has its lock', async () => {
  await using holder = await Holder.of('stuck', '1 minute');
  await using seat = await seatOf();
  // One look is not enough: the server may have stood still, and not the holder.
  expect(await seat.lock('stuck')).toBe(false);
  expect(holder.ended).toBe(0);
  await until('it has the lock', () => seat.lock('stuck'));
  await until('both sessions are over', () => holder.ended === 2);
});

test('a holder that was seen lately keeps what it holds', async () => {
  await using holder = await Holder.of('busy', '2 seconds');
  await using seat = await seatOf();
  const endsAt = Date.now() + 1_500;
  await until('it was looked for longer than two looks take', async () => {
    expect(await seat.lock('busy')).toBe(false);
    return Date.now() > endsAt;
  });
  expect(holder.ended).toBe(0);
});

test('without the right to end sessions it is said once, and nothing is taken', async () => {
  await using holder = await Holder.of('foreign', '1 minute');
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`CREATE ROLE fig_weak LOGIN PASSWORD 'weak'`);
  const weak = new URL(database.url);
  weak.username = 'fig_weak';
  weak.password = 'weak';
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (fields) => void errors.push(fields) };
  {
    await using seat = await seatOf(log, weak.href);
    await until('it is said', async () => {
      expect(await seat.lock('foreign')).toBe(false);
      return errors.length > 0;
    });
    expect(await seat.lock('foreign')).toBe(false);
    expect(errors).toMatchObject([{ code: 'FIG_HOLDER_STUCK', host: 'other-host' }]);
    expect(holder.ended).toBe(0);
  }
  await admin.query('DROP ROLE fig_weak');
  await admin.end();
});

test('all seats of an office are seen while their sessions live, and one that was left is not', async () => {
  await using first = await seatOf();
  const second = await seatOf();
  await second.tell(['a']);
  expect((await first.seats()).filter(({ held }) => held.includes('a'))).toHaveLength(1);
  await second[Symbol.asyncDispose]();
  expect((await first.seats()).filter(({ held }) => held.includes('a'))).toHaveLength(0);
  expect((await first.seats()).length).toBe(1);
});
