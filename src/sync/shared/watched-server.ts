import { Client } from 'pg';
import { parsePosition, type Position } from '../../kernel/position.ts';
import type { SourceIdentity } from '../postgres/identify-source.ts';

export interface ServerState extends Omit<SourceIdentity, 'history'> {
  /** Whether it follows another server; then `end` is what it has replayed, else where its log ends. */
  readonly isReplica: boolean;
}

/**
 * A connection that is kept to ask a server again and again who it is and where it stands. A primary keeps its timeline for as
 * long as it runs, so what it said of itself holds until the connection breaks.
 */
export class WatchedServer implements AsyncDisposable {
  readonly #client: Client;
  readonly broken: Promise<void>;

  private constructor(client: Client) {
    this.#client = client;
    this.broken = new Promise((resolve) => {
      client.once('end', resolve);
    });
    client.on('error', () => undefined); // It ends as well, which is what is waited for.
  }

  /** `asReplicator`: needed to ask a replica for its timeline, which no function tells. */
  static async connect(url: string, asReplicator: boolean): Promise<WatchedServer> {
    const config = {
      connectionString: url,
      application_name: 'fig position',
      query_timeout: 2_000,
      connectionTimeoutMillis: 2_000,
      ...(asReplicator && { replication: 'database' }),
    };
    const client = new Client(config);
    const server = new WatchedServer(client);
    await client.connect();
    return server;
  }

  async readPrimary(): Promise<ServerState> {
    const { rows } = await this.#client.query<{ system: string; walfile: string | null; at: string | null }>(`
      SELECT (SELECT system_identifier FROM pg_control_system()) || ' ' || current_database() AS system,
        CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_current_wal_insert_lsn()) END AS walfile,
        CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_insert_lsn() END AS at`);
    const { system, walfile, at } = rows[0]!;
    const isReplica = walfile === null || at === null;
    if (isReplica) return { system, timeline: 0, end: 0n, isReplica };
    return { system, timeline: Number.parseInt(walfile.slice(0, 8), 16), end: parsePosition(at), isReplica };
  }

  /** The identity of a server that may be a replica. */
  async identify(): Promise<{ system: string; timeline: number }> {
    const { rows } = await this.#client.query<{ systemid: string; timeline: string | number; dbname: string }>(
      'IDENTIFY_SYSTEM',
    );
    const { systemid, timeline, dbname } = rows[0]!;
    return { system: `${systemid} ${dbname}`, timeline: Number(timeline) };
  }

  /** What it has replayed; undefined when it follows nobody. */
  async readReplayed(): Promise<Position | undefined> {
    const { rows } = await this.#client.query<{ at: string | null; in_recovery: boolean }>(
      'SELECT pg_last_wal_replay_lsn()::text AS at, pg_is_in_recovery() AS in_recovery',
    );
    const { at, in_recovery: isInRecovery } = rows[0]!;
    return isInRecovery && at !== null ? parsePosition(at) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
