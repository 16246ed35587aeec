import { Client } from 'pg';
import { sleep } from '../kernel/service.ts';

/** A connection that answers nothing for so long is taken for dead, and another is made. */
const answerTimeoutMs = 5_000;
const closeTimeoutMs = 1_000;

export interface ListeningOptions {
  readonly storeUrl: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Told of every notice, in the order in which they come. */
  readonly onNotice?: ((payload: string) => void) | undefined;
}

/** Waits for whichever comes first: a notice, the end of the connection, a call of `rouse`, the rest. */
export interface Wake {
  /** Resolves at once when something happened since the last call. Rejects when the connection has failed. */
  wait(restMs: number, signal: AbortSignal): Promise<void>;
  rouse(): void;
}

/** A connection to the control store that tells when somebody else has announced something. It is closed when `work` ends. */
export async function withListeningConnection(
  options: ListeningOptions,
  work: (client: Client, wake: Wake) => Promise<void>,
): Promise<void> {
  const client = new Client({
    connectionString: options.storeUrl,
    application_name: options.applicationName,
    connectionTimeoutMillis: answerTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
  });
  let failure: Error | undefined;
  let woken = false;
  let interrupt = new AbortController();
  const rouse = (): void => {
    woken = true;
    interrupt.abort();
  };
  client.on('notification', ({ payload }) => {
    options.onNotice?.(payload ?? '');
    rouse();
  });
  client.on('error', (error) => {
    failure ??= error;
    rouse();
  });
  client.on('end', () => {
    failure ??= new Error('the connection to the control store was closed');
    rouse();
  });
  const wake: Wake = {
    rouse,
    wait: async (restMs, stop) => {
      if (!woken) await sleep(restMs, AbortSignal.any([stop, interrupt.signal]));
      woken = false;
      interrupt = new AbortController();
      if (failure) throw failure;
    },
  };
  try {
    await client.connect();
    await work(client, wake);
  } finally {
    // A peer that is gone without a word never acknowledges the goodbye.
    const closed = new AbortController();
    const closing = client.end().catch(ignore);
    await Promise.race([closing.finally(() => closed.abort()), sleep(closeTimeoutMs, closed.signal)]);
  }
}

/** The connection is given up either way; what was wrong with it has been reported already. */
const ignore = (): void => undefined;
