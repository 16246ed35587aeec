import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { startUpstream, type Upstream } from '../proxy/support/harness.ts';
import { FigProcess } from './fig-process.ts';
import { createStoreDatabase, createTestDatabase, type TestDatabase } from './test-database.ts';
import { until } from './until.ts';

const capturedConfig = fileURLToPath(new URL('../e2e/fixtures/counters.config.ts', import.meta.url));

export interface CounterAnswer {
  readonly status: number;
  readonly value: number | undefined;
  readonly from: string | undefined;
  readonly reason: string | null;
}

/** A legacy app that counts, one row per counter, ready to have fig started in front of it. */
export class CountersUnderFig implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  readonly legacy: Upstream;
  /** Answers to requests for /held, which the test ends. */
  readonly held: ServerResponse[];
  readonly databases: { readonly legacy: TestDatabase; readonly target: TestDatabase };
  readonly #pool: Pool;

  private constructor(parts: Pick<CountersUnderFig, 'folder' | 'port' | 'legacy' | 'held' | 'databases'>, pool: Pool) {
    this.folder = parts.folder;
    this.port = parts.port;
    this.legacy = parts.legacy;
    this.held = parts.held;
    this.databases = parts.databases;
    this.#pool = pool;
  }

  /** `legacyUrl`: an empty database of the caller's own. `countsViews`: a GET of one counter writes to `view_log`. */
  static async create(counters: number, legacyUrl?: string, countsViews = false): Promise<CountersUnderFig> {
    const legacyDatabase = legacyUrl === undefined ? await createTestDatabase() : borrowed(legacyUrl);
    const databases = { legacy: legacyDatabase, target: await createStoreDatabase() };
    const pool = new Pool({ connectionString: databases.legacy.url, max: 6 });
    pool.on('error', () => undefined);
    await pool.query('CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)');
    await pool.query('INSERT INTO counters SELECT id, 0 FROM generate_series(1, $1) id', [counters]);
    if (countsViews) await pool.query('CREATE TABLE view_log (id int, at timestamptz)');
    const held: ServerResponse[] = [];
    const legacy = await startUpstream((req, res) => {
      if (req.url === '/held') {
        held.push(res);
        return;
      }
      if (req.url === '/counters') {
        pool.query({ text: 'SELECT value FROM counters ORDER BY id', rowMode: 'array' }).then(
          ({ rows }) =>
            res
              .setHeader('content-type', 'application/json')
              .end(JSON.stringify({ values: rows.flat(), from: 'legacy' })),
          () => res.writeHead(500).end('{}'),
        );
        return;
      }
      const id = Number(req.url?.split('/')[2]);
      const sql =
        req.method === 'POST'
          ? 'UPDATE counters SET value = value + 1 WHERE id = $1 RETURNING id, value'
          : countsViews
            ? 'WITH seen AS (INSERT INTO view_log VALUES ($1, now())) SELECT id, value FROM counters WHERE id = $1'
            : 'SELECT id, value FROM counters WHERE id = $1';
      req.resume();
      pool.query(sql, [id]).then(
        ({ rows: [row] }) =>
          res.setHeader('content-type', 'application/json').end(JSON.stringify({ ...row, from: 'legacy' })),
        () => res.writeHead(500).end('{}'),
      );
    });
    const folder = await mkdtemp(join(tmpdir(), 'fig-counters-'));
    const port = await freePortNear(16_000 + (process.pid % 900) * 10);
    return new CountersUnderFig({ folder, port, legacy, held, databases }, pool);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async startFig(workers: number, env: NodeJS.ProcessEnv = {}, config = capturedConfig): Promise<FigProcess> {
    const fig = this.runFig(workers, this.folder, env, config);
    await fig.ready();
    return fig;
  }

  runFig(workers: number, folder: string, env: NodeJS.ProcessEnv = {}, config = capturedConfig): FigProcess {
    return FigProcess.run(folder, ['up', '--config', config, '--workers', String(workers)], this.port, {
      FIG_PORT: String(this.port),
      FIG_ADMIN_PORT: '0',
      LEGACY_URL: this.legacy.url.origin,
      LEGACY_DATABASE_URL: this.databases.legacy.url,
      FIG_DATABASE_URL: this.databases.target.url,
      ...env,
    });
  }

  /** Forces the feature on until its reads stand there, and waits until every worker serves by it. */
  async stepTo(fig: FigProcess, reads: string): Promise<void> {
    await until('the read model is ready', async () => {
      const { features } = await fig.status();
      return features[0]?.readModel?.state === 'ready';
    });
    const client = await fig.client();
    for (;;) {
      const { features } = await fig.status();
      if (features[0]?.reads === reads) return;
      const moved = await client.promote('counters', { who: 'the test', why: 'the test', force: true });
      if (!moved.value.moved) throw new Error(moved.value.reason);
    }
  }

  /** A request on a connection of its own, which the primary hands to the next worker. */
  async ask(method: 'GET' | 'POST', id: number | string, user: string): Promise<CounterAnswer> {
    const response = await fetch(`${this.url}/counters/${id}`, {
      method,
      headers: { 'x-user': user, connection: 'close' },
    });
    const { value, from } = (await response.json()) as { value?: number; from?: string };
    return { status: response.status, value, from, reason: response.headers.get('x-fig-reason') };
  }

  /** Who answers the list of all counters, and why. */
  async askForAll(): Promise<{
    readonly from: string;
    readonly values: readonly number[];
    readonly reason: string | null;
  }> {
    const response = await fetch(`${this.url}/counters`, { headers: { 'x-user': 'nobody', connection: 'close' } });
    const answer = (await response.json()) as { from: string; values: number[] };
    return { ...answer, reason: response.headers.get('x-fig-reason') };
  }

  /** A write of the legacy app that does not come through fig. */
  async set(id: number, value: number): Promise<void> {
    await this.#pool.query('UPDATE counters SET value = $2 WHERE id = $1', [id, value]);
  }

  /** What is committed now, by the legacy app itself. */
  async committed(id: number): Promise<number> {
    const { rows } = await this.#pool.query<{ value: number }>('SELECT value FROM counters WHERE id = $1', [id]);
    return rows[0]!.value;
  }

  /** How comparisons ended, as far as they are stored. */
  async verdictReasons(): Promise<readonly { verdict: string; reason: string }[]> {
    const pool = new Pool({ connectionString: this.databases.target.url, max: 1 });
    try {
      const { rows } = await pool.query<{ verdict: string; reason: string }>(
        'SELECT DISTINCT verdict, reason FROM fig.evidence_verdict',
      );
      return rows;
    } finally {
      await pool.end();
    }
  }

  /** Until so many reads in a row came from the candidate, so from every worker. */
  async untilServedByCandidate(workers: number): Promise<void> {
    let inARow = 0;
    const probe = async (): Promise<boolean> => {
      const { from, reason } = await this.ask('GET', 1, 'nobody');
      inARow = from === 'candidate' ? inARow + 1 : 0;
      if (inARow === 0) throw new Error(`legacy answered: ${reason}`);
      return inARow >= workers * 4;
    };
    // A worker that went just before the feature entered leaves a debt of everybody's, which is owed for 30 s.
    await until('every worker serves from the read model', probe, 60_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const res of this.held) res.destroy();
    await this.legacy[Symbol.asyncDispose]();
    await this.#pool.end();
    await this.databases.legacy[Symbol.asyncDispose]();
    await this.databases.target[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function borrowed(url: string): TestDatabase {
  return { url, name: new URL(url).pathname.slice(1), [Symbol.asyncDispose]: () => Promise.resolve() };
}
