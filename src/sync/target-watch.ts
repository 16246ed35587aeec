import { Client } from 'pg';
import { cutConnection, noticesCuts } from './postgres/legacy-connection.ts';

const ASK_BUDGET_MS = 5_000;
/** Looks in a row at which nothing speaks for a connection before it is cut. */
const DOUBTS = 2;

/** What `pg` has on a client and does not declare. */
type Watched = Client & {
  readonly readyForQuery: boolean;
  readonly processID: number;
  readonly connection: { readonly stream: { readonly bytesRead: number; readonly bytesWritten: number } };
};

interface Seen {
  bytes: number;
  doubts: number;
}

/** Whether the server works on what a connection waits for. `unknown`: it cannot be told. */
export type WorkVerdict = 'works' | 'lost' | 'unknown';

/**
 * The connections of one pool. A server that was cut off in the middle of a statement says nothing, and neither does one
 * that works on a long one, so whoever waits for long has another connection ask which of the two it is.
 */
export class TargetWatch {
  readonly #url: string;
  readonly #everyMs: number;
  readonly #seen = new Map<Watched, Seen>();
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, everyMs: number) {
    this.#url = url;
    this.#everyMs = everyMs;
  }

  add(client: Client): void {
    this.#seen.set(client as Watched, { bytes: -1, doubts: 0 });
    client.once('end', () => this.#remove(client));
    this.#timer ??= setInterval(() => void this.#look(), this.#everyMs).unref();
  }

  /** Fails whatever is running. */
  cut(): void {
    for (const client of this.#seen.keys()) cutConnection(client);
  }

  #remove(client: Client): void {
    this.#seen.delete(client as Watched);
    if (this.#seen.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const silent = [...this.#seen].filter(([client, seen]) => {
      const { bytesRead, bytesWritten } = client.connection.stream;
      const isSilent = !client.readyForQuery && seen.bytes === bytesRead + bytesWritten;
      seen.bytes = bytesRead + bytesWritten;
      if (!isSilent) seen.doubts = 0;
      return isSilent;
    });
    if (silent.length === 0) return;
    const ask = await askServer(
      this.#url,
      silent.map(([client]) => client.processID),
    );
    for (const [client, seen] of silent) {
      const { bytesRead, bytesWritten } = client.connection.stream;
      const isSilent = !client.readyForQuery && seen.bytes === bytesRead + bytesWritten;
      seen.doubts = isSilent && ask(client.processID) === 'lost' ? seen.doubts + 1 : 0;
      if (seen.doubts >= DOUBTS) cutConnection(client);
    }
  }
}

async function askServer(url: string, pids: readonly number[]): Promise<(pid: number) => WorkVerdict> {
  const limits = { ...noticesCuts, connectionTimeoutMillis: ASK_BUDGET_MS, query_timeout: ASK_BUDGET_MS };
  const client = new Client({ ...limits, connectionString: url, application_name: 'fig target watch' });
  client.on('error', () => undefined); // It fails the question.
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number; works: boolean; own: boolean }>(
      `SELECT pid, pid = pg_backend_pid() AS own, state = 'active' AND wait_event IS DISTINCT FROM 'ClientRead' AS works
         FROM pg_stat_activity WHERE pid = ANY ($1::int[]) OR pid = pg_backend_pid()`,
      [[...pids]],
    );
    // Behind a pooler the numbers of processes are not the server's.
    const isDirect = rows.some(({ pid, own }) => own && pid === (client as Watched).processID);
    const working = new Set(rows.filter(({ works }) => works).map(({ pid }) => pid));
    return (pid) => (!isDirect ? 'unknown' : working.has(pid) ? 'works' : 'lost');
  } catch (error) {
    // One that refuses is there; one that is not there works on nothing.
    const isRefusal = error instanceof Error && /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code));
    return () => (isRefusal ? 'unknown' : 'lost');
  } finally {
    cutConnection(client);
  }
}
