import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Log, silentLog } from '../../../src/kernel/log.ts';
import { sleep } from '../../../src/kernel/service.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { endSessionsOf, forgetSeats, holdersOf, listSeats, tellSeat } from '../../../src/store/seat-store.ts';
import { Seat } from '../../../src/sync/offices/seat.ts';
import { Door } from '../../support/door.ts';
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

afterEach(() => vi.useRealTimers());

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

  /** Throws when one of its sessions is over. */
  async work(): Promise<void> {
    for (const client of this.#clients) await client.query('SELECT 1');
  }

  /** So many seconds ago, as far as others can tell. */
  async wasSeen(seconds: number): Promise<void> {
    await this.#clients[0]!.query(
      'UPDATE fig.seat SET seen_at = clock_timestamp() - make_interval(secs => $1) WHERE process = $2',
      [seconds, this.id],
    );
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
  await holder.work();
  await until('it has the lock', () => seat.lock('stuck'));
  await until('both sessions are over', () => holder.ended === 2);
});

test('looks that follow each other at once are one look', async () => {
  await using holder = await Holder.of('asked often', '1 minute');
  await using seat = await seatOf();
  // The clock by which it is known how far apart two looks are.
  vi.useFakeTimers({ toFake: ['hrtime'] });
  for (const ms of [0, 0, 899]) {
    vi.advanceTimersByTime(ms);
    expect(await seat.lock('asked often')).toBe(false);
    await holder.work();
  }
  vi.advanceTimersByTime(1);
  await seat.lock('asked often');
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
  await holder.work();
});

test('a holder that is slow to be seen, but was seen between two looks, keeps what it holds', async () => {
  await using holder = await Holder.of('slow', '1 minute');
  await using seat = await seatOf();
  const endsAt = Date.now() + 1_500;
  for (let silent = 60; Date.now() < endsAt; silent -= 0.1) {
    expect(await seat.lock('slow')).toBe(false);
    await holder.wasSeen(silent);
    await sleep(50);
  }
  await holder.work();
});

test('whoever was seen since it was looked at is not ended', async () => {
  await using holder = await Holder.of('woken', '1 minute');
  const other = new Client({ connectionString: database.url });
  await other.connect();
  const [looked] = await holdersOf(other, 'woken');
  expect(looked?.process).toBe(holder.id);
  await holder.wasSeen(0);
  await endSessionsOf(other, looked!);
  await holder.work();
  // The one that looks holds nothing of it, and a lock of another name has other holders.
  expect(await holdersOf(other, 'woken by another name')).toEqual([]);
  await other.end();
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

test('all seats of an office of a migration are seen while their sessions live and are heard, and one that was left is not', async () => {
  await using first = await seatOf();
  const second = await seatOf();
  await second.tell(['a']);
  await using silent = await Holder.of('silent', '1 minute');
  await using other = await Seat.take(
    database.url,
    { process: randomUUID(), migration: 'bank', office: 'projector', able: [] },
    silentLog,
  );
  await silent.work();
  expect(other.lost.aborted).toBe(false);
  expect((await first.seats()).flatMap(({ held }) => held)).toEqual(['a']);
  expect(await first.seats()).toHaveLength(2);
  await second[Symbol.asyncDispose]();
  expect((await first.seats()).map(({ held }) => held)).toEqual([[]]);
  const left = await onDatabase((client) => client.query(`SELECT FROM fig.seat WHERE 'a' = ANY (held)`));
  expect(left.rows).toEqual([]);
});

test('who has a seat is seen again and again, with what it holds', async () => {
  await using seat = await seatOf();
  await seat.tell(['kept']);
  await onDatabase(async (client) => {
    const seen = async (): Promise<string> => {
      const { rows } = await client.query(`SELECT seen_at::text FROM fig.seat WHERE 'kept' = ANY (held)`);
      return rows[0].seen_at;
    };
    const before = await seen();
    await until('it is seen again', async () => (await seen()) !== before);
  });
});

test('what is known of a session that is gone does not pass to one that has its number', async () => {
  await onDatabase(async (client) => {
    const gone = { process: randomUUID(), migration: 'shop', office: 'leader', able: [] };
    await tellSeat(client, gone, ['what it held']);
    await forgetSeats(client);
    expect(await listSeats(client, gone)).toEqual([]);
  });
});

test('what is left of those that were seen last long ago, and live no more, is forgotten with the next seat', async () => {
  const gone = randomUUID();
  await onDatabase((client) =>
    client.query(
      `INSERT INTO fig.seat VALUES ($1, 'projector', 'shop', 'host', 1, 0, '{}', '{}', clock_timestamp() - interval '1 hour')`,
      [gone],
    ),
  );
  await using _ = await seatOf();
  const left = await onDatabase((client) => client.query('SELECT FROM fig.seat WHERE process = $1', [gone]));
  expect(left.rows).toEqual([]);
});

test('a session whose server does not answer any more is lost', async () => {
  const { hostname, port } = new URL(database.url);
  const door = new Door({ host: hostname, port: Number(port) });
  await door.open();
  const through = new URL(database.url);
  through.port = String(door.port);
  const seat = await seatOf(silentLog, through.href);
  door.silence();
  await until('it is lost', () => seat.lost.aborted);
  await seat[Symbol.asyncDispose]();
  await door.shut();
});

async function onDatabase<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return work(client).finally(() => client.end());
}
