import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { FigError } from '../../kernel/fig-error.ts';
import { sleep } from '../../kernel/service.ts';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import { type Command, commandAs } from './command-as.ts';
import { LogTail } from './log-tail.ts';
import { type RunAs, unprivilegedUser } from './run-as.ts';

const START_BUDGET_MS = 60_000;
const STOP_BUDGET_MS = 20_000;
/** Any constant: who holds it, on the server itself, may stop the server. */
const OWNER_LOCK = 7_305_011;

export interface EmbeddedPostgres {
  readonly port: number;
  /** True when a server that an earlier, killed process left behind was taken over. */
  readonly adopted: boolean;
  /** Connection URL of a database on it. */
  url(database: string): string;
  /** Creates the database unless it is there; returns whether it was created. */
  ensureDatabase(name: string): Promise<boolean>;
  /** Fast shutdown; resolves when the server has gone. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds `data/` and the password; created when absent, kept between starts. */
  readonly folder: string;
  /** Extra server settings, e.g. `{ fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** A free one unless given. */
  readonly port?: number | undefined;
  /** Default: those that npm installed. */
  readonly binaries?: PostgresBinaries | undefined;
}

/**
 * Starts a real PostgreSQL (wal_level=logical, loopback only, a random password) on a free port. A server that outlived
 * a killed process is adopted, because two servers cannot share one folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataFolder = join(options.folder, 'data');
  const user = unprivilegedUser();
  await mkdir(options.folder, { recursive: true });
  const password = await readOrMakePassword(options.folder);
  const left = await findRunning(dataFolder);
  if (left !== undefined) {
    await untilAnswers(left.port, password, () => undefined);
    const owner = await own(left.port, password, options.folder);
    return describeServer(left.port, password, true, async () => {
      await owner.end();
      await stopProcess(left.pid, undefined);
    });
  }
  const binaries = options.binaries ?? (await findBinaries());
  if (!existsSync(join(dataFolder, 'PG_VERSION'))) {
    await initialise(commandAs(binaries.initdb, dataFolder, user), dataFolder, password, user);
  }
  const port = options.port ?? (await freePort());
  const { child, tail } = launch(
    commandAs(binaries.postgres, dataFolder, user),
    dataFolder,
    port,
    options.settings ?? {},
  );
  await untilAnswers(port, password, () => (child.exitCode === null ? undefined : tail.text()));
  const owner = await own(port, password, options.folder);
  return describeServer(port, password, false, async () => {
    await owner.end();
    await stopProcess(child.pid!, child);
  });
}

/** The connection URL of a server that another process runs on the folder; undefined when none does. */
export async function runningPostgresUrl(folder: string, database: string): Promise<string | undefined> {
  const running = await findRunning(join(folder, 'data'));
  if (running === undefined) return undefined;
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
  return urlOf(running.port, password, database);
}

function urlOf(port: number, password: string, database: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
}

function describeServer(port: number, password: string, adopted: boolean, stop: () => Promise<void>): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  const url = (database: string): string => urlOf(port, password, database);
  return {
    port,
    adopted,
    url,
    ensureDatabase: (name) => ensureDatabase(url('postgres'), name),
    stop: () => (stopping ??= stop()),
  };
}

async function ensureDatabase(adminUrl: string, name: string): Promise<boolean> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount !== 0) return false;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    return true;
  } finally {
    await client.end();
  }
}

async function readOrMakePassword(folder: string): Promise<string> {
  const file = join(folder, 'password');
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  const password = randomBytes(18).toString('hex');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function initialise(command: Command, dataFolder: string, password: string, user: RunAs | undefined) {
  // A folder that a killed initdb left half-made has no PG_VERSION and can only be made again.
  await rm(dataFolder, { recursive: true, force: true });
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const passwordFile = join(tmpdir(), `fig-${randomBytes(8).toString('hex')}`);
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) {
    await chown(dataFolder, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  try {
    const child = command.spawn([
      `--pgdata=${dataFolder}`,
      '--auth=scram-sha-256',
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    const tail = new LogTail(child);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) {
      await rm(dataFolder, { recursive: true, force: true });
      throw new FigError('FIG_EMBEDDED_POSTGRES_FAILED', `initdb ended with code ${code}: ${tail.text()}`);
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function launch(command: Command, dataFolder: string, port: number, settings: Readonly<Record<string, string>>) {
  const all = {
    wal_level: 'logical',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_slot_wal_keep_size: '2GB',
    max_connections: '200',
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = command.spawn(['-D', dataFolder, '-p', String(port), ...args]);
  child.on('error', () => undefined); // A failed spawn shows as an exit to whoever waits for the server.
  const tail = new LogTail(child);
  return { child, tail };
}

async function untilAnswers(port: number, password: string, failed: () => string | undefined): Promise<void> {
  const deadline = Date.now() + START_BUDGET_MS;
  let last: unknown;
  while (Date.now() < deadline) {
    const log = failed();
    if (log !== undefined)
      throw new FigError('FIG_EMBEDDED_POSTGRES_FAILED', `PostgreSQL ended while starting: ${log}`);
    const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      last = error;
      await sleep(50);
    }
  }
  throw new FigError('FIG_EMBEDDED_POSTGRES_FAILED', 'PostgreSQL did not answer within a minute', { cause: last });
}

/**
 * Takes the server for this process, for as long as the connection lives. Throws when another process has it: whoever
 * stops first would pull it from under the other.
 */
async function own(port: number, password: string, folder: string): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
  client.on('error', () => undefined); // When the server goes, so does the claim to it.
  await client.connect();
  // The session of a process that was just killed may last a moment longer.
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [OWNER_LOCK]);
    if (rows[0]?.mine === true) return client;
    await sleep(50);
  }
  await client.end();
  throw new FigError('FIG_EMBEDDED_POSTGRES_FAILED', `another fig runs with the PostgreSQL in ${folder}`, {
    remedy: 'Stop it first, or start this one in another folder.',
  });
}

/** A server that still runs on the folder, as its postmaster.pid tells it. */
async function findRunning(dataFolder: string): Promise<{ pid: number; port: number } | undefined> {
  const file = join(dataFolder, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = (await readFile(file, 'utf8')).split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (Number.isInteger(pid) && pid > 0 && port > 0 && (await isServerOf(pid, dataFolder))) return { pid, port };
  // Left behind by a crash of the machine; the number may since have become another program's.
  await rm(file, { force: true });
  return undefined;
}

async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes(dataFolder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function stopProcess(pid: number, child: ChildProcess | undefined): Promise<void> {
  const gone = (): boolean => (child ? child.exitCode !== null || child.signalCode !== null : !isAlive(pid));
  const deadline = Date.now() + STOP_BUDGET_MS;
  // SIGINT is PostgreSQL's fast shutdown: clients are disconnected, nothing is lost.
  if (!gone()) process.kill(pid, 'SIGINT');
  while (!gone() && Date.now() < deadline) await sleep(20);
  if (!gone()) process.kill(pid, 'SIGKILL');
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
