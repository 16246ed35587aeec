import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { freePorts } from '../../examples/kafka/free-ports.ts';
import type { MariadbServer } from './mariadb-server.ts';
import { commonProperties, type ShopKind } from './mariadb-shop.ts';
import { until } from './until.ts';

/** Path of `mysqld`, which Debian's stable releases do not have: see docs/mysql-family.md for how to come by one. */
const mysqld = process.env['FIG_TEST_MYSQL'];
const run = promisify(execFile);

/** Why tests that need MySQL itself are skipped; undefined: they run. */
export const missingForMysql =
  mysqld === undefined || mysqld === ''
    ? 'FIG_TEST_MYSQL does not tell the path of mysqld'
    : existsSync(mysqld)
      ? undefined
      : `there is no ${mysqld}`;

/** A real MySQL on the loopback with a binary log of rows, as `startMariadb` gives a MariaDB. */
export async function startMysql(settings: Readonly<Record<string, string>> = {}): Promise<MariadbServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fig-mysql-'));
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run(mysqld!, ['--no-defaults', '--initialize-insecure', `--datadir=${data}`, ...asRoot]);
  const [port] = (await freePorts(1)) as [number];
  const options = {
    datadir: data,
    socket,
    port: String(port),
    'bind-address': '127.0.0.1',
    'server-id': '1',
    'log-bin': 'binlog',
    'gtid-mode': 'ON',
    'enforce-gtid-consistency': 'ON',
    mysqlx: 'OFF',
    'secure-file-priv': 'NULL',
    'pid-file': join(folder, 'pid'),
    'innodb-buffer-pool-size': '32M',
    ...settings,
  };
  const args = Object.entries(options).map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`));
  const child = spawn(mysqld!, ['--no-defaults', ...args, ...asRoot], { stdio: 'ignore' });
  const closed = once(child, 'close');
  const sql = async (database: string, statements: string): Promise<readonly string[]> => {
    const connection = await createConnection({
      socketPath: socket,
      user: 'root',
      database,
      rowsAsArray: true,
      typeCast: (field) => field.string(),
    });
    try {
      let last: unknown = [];
      for (const statement of statements.split(';').filter((each) => each.trim() !== '')) {
        [last] = await connection.query(statement);
      }
      return Array.isArray(last) ? last.map((row) => (Array.isArray(row) ? row.join('\t') : '')) : [];
    } finally {
      await connection.end();
    }
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL'); // Nobody will read its data again.
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('MySQL answers', async () => (await sql('mysql', 'SELECT 1')).length === 1, 30_000);
    await sql('mysql', `CREATE USER fig@'127.0.0.1' IDENTIFIED BY 'fig'; GRANT ALL ON *.* TO fig@'127.0.0.1'`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, folder, user: 'fig', password: 'fig', sql, [Symbol.asyncDispose]: stop };
}

export const mysqlKind: ShopKind = {
  start: startMysql,
  plugin: 'debezium-mysql-3',
  properties: {
    ...commonProperties,
    // The password of a new account is sent to a server without TLS by its public key only.
    'driver.allowPublicKeyRetrieval': 'true',
  },
};
