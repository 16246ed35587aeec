import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { until } from './until.ts';

/** Where Debian puts the server; elsewhere the environment tells the folder of `mariadbd`. */
const serverFolder = process.env['FIG_TEST_MARIADB'] ?? '/usr/sbin';
const run = promisify(execFile);

/** Tests that need it are skipped where it is missing; as CI sets it, FIG_REQUIRE_KAFKA=1 makes them fail. */
export const hasMariadb = existsSync(join(serverFolder, 'mariadbd'));
if (!hasMariadb && process.env['FIG_REQUIRE_KAFKA'] === '1') {
  throw new Error('FIG_REQUIRE_KAFKA is set, but mariadbd was not found (Debian: apt-get install mariadb-server)');
}

/** A real MariaDB on the loopback with a binary log of rows, and data of its own. */
export interface MariadbServer extends AsyncDisposable {
  readonly port: number;
  /** Its own, where others may put what belongs to it. */
  readonly folder: string;
  readonly user: string;
  readonly password: string;
  /** Runs statements in a database; gives the lines of the last answer, columns separated by tabs. */
  sql(database: string, statements: string): Promise<readonly string[]>;
}

export async function startMariadb(settings: Readonly<Record<string, string>> = {}): Promise<MariadbServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fig-mariadb-'));
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--skip-test-db', ...asRoot], {
    maxBuffer: 1 << 24,
  });
  const port = await freePort();
  const options = {
    datadir: data,
    socket,
    port: String(port),
    'bind-address': '127.0.0.1',
    'log-bin': 'binlog',
    'binlog-format': 'ROW',
    'binlog-row-image': 'FULL',
    'server-id': '1',
    'pid-file': join(folder, 'pid'),
    'innodb-buffer-pool-size': '32M',
    ...settings,
  };
  const args = Object.entries(options).map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`));
  const child = spawn(join(serverFolder, 'mariadbd'), ['--no-defaults', ...args, ...asRoot], { stdio: 'ignore' });
  const closed = once(child, 'close');
  const sql = async (database: string, statements: string): Promise<readonly string[]> => {
    const client = ['--no-defaults', `--socket=${socket}`, '--user=root', '--batch', '--raw', '--skip-column-names'];
    const { stdout } = await run(
      'mariadb',
      [...client, '--default-character-set=utf8mb4', '-e', statements, database],
      {
        maxBuffer: 1 << 26,
      },
    );
    return stdout.split('\n').slice(0, -1);
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL'); // Nobody will read its data again.
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('MariaDB answers', async () => (await sql('mysql', 'SELECT 1')).length === 1, 60_000);
    await sql('mysql', `CREATE USER fig@'127.0.0.1' IDENTIFIED BY 'fig'; GRANT ALL ON *.* TO fig@'127.0.0.1'`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, folder, user: 'fig', password: 'fig', sql, [Symbol.asyncDispose]: stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
