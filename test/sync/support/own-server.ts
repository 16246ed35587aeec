import { execFile } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/app/embedded-postgres/embedded-postgres.ts';
import { makeServerFolder } from '../../support/pristine-server.ts';
import { until } from '../../support/until.ts';

/** A PostgreSQL of a test's own, for tests that change its settings or set it back in time. */
export class OwnServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #server: EmbeddedPostgres;

  private constructor(folder: string, settings: Readonly<Record<string, string>>, server: EmbeddedPostgres) {
    this.#folder = folder;
    this.#settings = settings;
    this.#server = server;
  }

  static async start(more: Readonly<Record<string, string>> = {}): Promise<OwnServer> {
    const folder = await makeServerFolder('fig-own-');
    const settings = { fsync: 'off', log_min_messages: 'fatal', ...more };
    return new OwnServer(folder, settings, await startEmbeddedPostgres({ folder, settings }));
  }

  url(database: string): string {
    return this.#server.url(database);
  }

  async ensureDatabases(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.#server.ensureDatabase(name);
  }

  /** Stops it, keeps a copy of everything, and starts it again. */
  async backUp(): Promise<void> {
    await this.#server.stop();
    // Keeps the owner, which `cp` of node:fs does not.
    await promisify(execFile)('cp', ['-a', join(this.#folder, 'data'), join(this.#folder, 'backup')]);
    await this.#start({});
  }

  /** Goes back to the copy. As after every restore, and every failover, the server goes on with a new timeline. */
  async restore(): Promise<void> {
    await this.#server.stop();
    const data = join(this.#folder, 'data');
    await rm(data, { recursive: true });
    await rename(join(this.#folder, 'backup'), data);
    await writeFile(join(data, 'recovery.signal'), '');
    await this.#start({ restore_command: 'false' });
    const client = new Client({ connectionString: this.url('postgres') });
    await client.connect();
    // It lets readers in before it is done with the recovery.
    await until('the server takes writes', async () => {
      const { rows } = await client.query('SELECT pg_is_in_recovery() AS recovering');
      return rows[0].recovering === false;
    });
    await client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(more: Readonly<Record<string, string>>): Promise<void> {
    this.#server = await startEmbeddedPostgres({
      folder: this.#folder,
      settings: { ...this.#settings, ...more },
      port: this.#server.port,
    });
  }
}

/** A standby that never comes: a commit that asks for it is in the log, and decoded, and seen by no snapshot. */
export function startWithoutItsStandby(): Promise<OwnServer> {
  return OwnServer.start({ synchronous_standby_names: 'nobody', synchronous_commit: 'local' });
}
