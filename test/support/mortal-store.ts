import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';
import { Door } from './door.ts';
import { makeServerFolder } from './pristine-server.ts';
import { until } from './until.ts';

/** The control store and the read model, on a PostgreSQL that is killed. */
export class MortalStore implements AsyncDisposable {
  readonly #folder: string;
  readonly #door: Door;
  #server: EmbeddedPostgres;

  private constructor(folder: string, server: EmbeddedPostgres) {
    this.#folder = folder;
    this.#server = server;
    this.#door = new Door({ port: server.port, host: '127.0.0.1' });
  }

  static async start(): Promise<MortalStore> {
    const folder = await makeServerFolder('fig-mortal-');
    const store = new MortalStore(folder, await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } }));
    await store.#server.ensureDatabase('store');
    await store.#door.open();
    return store;
  }

  get url(): string {
    const url = new URL(this.#server.url('store'));
    url.port = String(this.#door.port);
    return url.href;
  }

  async kill(): Promise<void> {
    const [pid] = (await readFile(join(this.#folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await this.#server.stop();
  }

  async revive(): Promise<void> {
    // Its children outlive the server by a moment, and no other starts on the same data until they are gone.
    this.#server = await until('the store starts again', () =>
      startEmbeddedPostgres({ folder: this.#folder, settings: { fsync: 'off' } }).catch(() => undefined),
    );
    this.#door.leadTo({ port: this.#server.port, host: '127.0.0.1' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#door.shut();
    await this.#server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
