import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';

/** A primary and a hot standby of it, both real, with a database `legacy`. */
export interface ReplicatedPostgres extends AsyncDisposable {
  readonly primary: EmbeddedPostgres;
  readonly replica: EmbeddedPostgres;
  readonly primaryUrl: string;
  readonly replicaUrl: string;
  pauseReplay(): Promise<void>;
  resumeReplay(): Promise<void>;
}

const settings = { fsync: 'off', log_min_messages: 'fatal' };

export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'fig-replica-'));
  await chmod(folder, 0o755);
  const first = await startEmbeddedPostgres({ folder: join(folder, 'primary'), settings });
  await first.ensureDatabase('legacy');
  await first.stop();
  // The folder of a stopped server is a backup of it.
  await copyWithOwner(join(folder, 'primary'), join(folder, 'replica'));
  const primary = await startEmbeddedPostgres({ folder: join(folder, 'primary'), settings });
  const { username, password } = new URL(primary.url('legacy'));
  const upstream = `host=127.0.0.1 port=${primary.port} user=${username} password=${password}`;
  await writeFile(join(folder, 'replica', 'data', 'standby.signal'), '');
  const replica = await startEmbeddedPostgres({
    folder: join(folder, 'replica'),
    settings: { ...settings, primary_conninfo: upstream },
  });
  const replicaUrl = replica.url('legacy');
  return {
    primary,
    replica,
    primaryUrl: primary.url('legacy'),
    replicaUrl,
    pauseReplay: () => ask(replicaUrl, 'SELECT pg_wal_replay_pause()'),
    resumeReplay: () => ask(replicaUrl, 'SELECT pg_wal_replay_resume()'),
    [Symbol.asyncDispose]: async () => {
      await replica.stop();
      await primary.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Servers run as an unprivileged user when the tests run as root, and a copy would be root's. */
async function copyWithOwner(from: string, to: string): Promise<void> {
  await mkdir(to);
  await cp(from, to, { recursive: true, preserveTimestamps: true });
  const { uid, gid } = await stat(join(from, 'data'));
  await ownAll(join(to, 'data'), uid, gid);
}

async function ownAll(path: string, uid: number, gid: number): Promise<void> {
  await chown(path, uid, gid);
  for (const entry of await readdir(path, { recursive: true })) await chown(join(path, entry), uid, gid);
  await chmod(path, 0o700);
}
