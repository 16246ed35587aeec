import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { identifySource, logDigest } from '../../../src/sync/postgres/identify-source.ts';
import { SharedFollower } from '../../../src/sync/shared/shared-follower.ts';
import { startReplicatedPostgres, type ReplicatedPostgres } from '../../support/physical-replica.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

let servers: ReplicatedPostgres;
let primary: Client;

beforeAll(async () => {
  servers = await startReplicatedPostgres();
  primary = new Client({ connectionString: servers.primaryUrl });
  primary.on('error', () => undefined);
  await primary.connect();
  await primary.query('CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)');
  await primary.query('INSERT INTO counters VALUES (1, 0)');
}, 120_000);

afterAll(async () => {
  await primary?.end();
  await servers?.[Symbol.asyncDispose]();
});

function follow(database: string | undefined, views?: Record<string, string>, legacy = servers.primaryUrl) {
  const follower = new SharedFollower({
    legacyDatabase: legacy,
    readModels: [defineReadModel({ name: 'counters', version: 1, shared: true, database, views })],
    log: silentLog,
    onPosition: () => undefined,
  });
  const readModel = follower.readModels[0]!;
  return { follower, readModel, [Symbol.asyncDispose]: () => follower.stop() };
}

test('a fence is reached on the replica when the write can be read there, also when nobody else writes', async () => {
  await using shared = follow(servers.replicaUrl);
  const { follower, readModel } = shared;
  await until('the replica is followed', () => readModel.applied.current() !== undefined);
  const replica = new Client({ connectionString: servers.replicaUrl });
  await replica.connect();
  try {
    for (let n = 1; n <= 200; n += 1) {
      await primary.query('UPDATE counters SET value = $1 WHERE id = 1', [n]);
      const fence = await follower.source.read();
      if (readModel.applied.current()! < fence) follower.source.nudge();
      expect(await readModel.applied.waitFor(fence, 20_000)).toBe(true);
      const { rows } = await replica.query('SELECT value FROM counters WHERE id = 1');
      expect(rows[0].value).toBe(n);
    }
  } finally {
    await replica.end();
  }
});

test('while replay is paused no fence after it is reached; it is as soon as replay goes on', async () => {
  await using shared = follow(servers.replicaUrl);
  const { follower, readModel } = shared;
  await until('the replica is followed', () => readModel.applied.current() !== undefined);
  await servers.pauseReplay();
  await primary.query('UPDATE counters SET value = value + 1');
  const fence = await follower.source.read();
  follower.source.nudge();
  expect(await readModel.applied.waitFor(fence, 200)).toBe(false);
  expect(readModel.applied.current()! < fence).toBe(true);
  await until('the lag is seen', () => (readModel.lagSeconds() ?? 0) > 0);
  const waiting = readModel.applied.waitFor(fence, 20_000);
  await servers.resumeReplay();
  expect(await waiting).toBe(true);
  await until('the lag is gone', () => readModel.lagSeconds() === 0);
});

test('the log has the same short name whoever asks for it', async () => {
  await using shared = follow(undefined);
  const name = await until('the log is known', () => shared.follower.sourceLog());
  expect(name).toBe(logDigest(await identifySource(servers.primaryUrl)));
});

test('views made on the primary are used on the replica once they have arrived there', async () => {
  await servers.pauseReplay();
  await using shared = follow(servers.replicaUrl, { doubled: 'SELECT id, value * 2 AS value FROM counters' });
  await until('the views are made', async () => {
    const { rows } = await primary.query(`SELECT to_regclass('fig_counters_v1.doubled') IS NOT NULL AS made`);
    return rows[0].made;
  });
  expect(shared.readModel.applied.current()).toBeUndefined();
  await servers.resumeReplay();
  await until('they have arrived', () => shared.readModel.applied.current() !== undefined);
  const replica = new Client({ connectionString: servers.replicaUrl });
  await replica.connect();
  const { rows } = await replica.query('SELECT count(*)::int AS n FROM fig_counters_v1.doubled');
  await replica.end();
  expect(rows[0].n).toBe(1);
});

test('a server that is no replica of the legacy database is never read', async () => {
  await using other = await createTestDatabase();
  await using stranger = follow(other.url);
  await until('it is looked at', () => stranger.readModel.progress().error?.includes('no physical replica'));
  expect(stranger.readModel.progress().state).toBe('failed');
  expect(stranger.readModel.applied.current()).toBeUndefined();
});

test('the primary named as its own replica is not taken for one', async () => {
  await using same = follow(servers.primaryUrl);
  await until('it is looked at', () => same.readModel.progress().error?.includes('follows no other server'));
  expect(same.readModel.applied.current()).toBeUndefined();
});

test('a replica given as the legacy database is refused, because nobody could wait for its own position', async () => {
  await using wrong = follow(undefined, undefined, servers.replicaUrl);
  const error = await until('it is refused', () => wrong.readModel.progress().error);
  expect(error).toContain('legacy.database is a replica');
  expect(wrong.follower.sourceLog()).toBeUndefined();
});

test('a user who may not replicate is told so, and the replica is not read', async () => {
  await primary.query(`CREATE ROLE reader LOGIN PASSWORD 'reader'`);
  const url = new URL(servers.replicaUrl);
  url.username = url.password = 'reader';
  await using poor = follow(url.href);
  const error = await until('it is told', () => poor.readModel.progress().error?.match(/replicat|WAL sender/i)?.input);
  expect(error).toBeDefined();
  expect(poor.readModel.applied.current()).toBeUndefined();
});

// The last: afterwards the two servers go separate ways.
test('a promoted replica is left at once', async () => {
  await using shared = follow(servers.replicaUrl);
  const { readModel } = shared;
  await until('the replica is followed', () => readModel.applied.current() !== undefined);
  const replica = new Client({ connectionString: servers.replicaUrl });
  await replica.connect();
  await replica.query('SELECT pg_promote()');
  await replica.end();
  await until('it is not read any more', () => readModel.applied.current() === undefined);
  await until('and it is said why', () => readModel.progress().error?.includes('promoted'));
});
