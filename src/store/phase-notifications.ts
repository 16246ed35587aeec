import { Client } from 'pg';
import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import type { RoutingSnapshot } from '../kernel/phase.ts';
import { sleep, startLoop, type Service } from '../kernel/service.ts';
import { phaseChannel, snapshotSql, toSnapshot, type SnapshotRow } from './phase-rows.ts';

/** A connection that answers nothing for so long is taken for dead, and another is made. */
const answerTimeoutMs = 5_000;
const closeTimeoutMs = 1_000;

export interface PhaseWatchOptions {
  readonly storeUrl: string;
  /** Told of the phases at once, and then whenever they have changed. What it throws is logged, and it is told again. */
  readonly onSnapshot: (snapshot: RoutingSnapshot) => void;
  /** Told after every look that succeeded, whether anything has changed or not. */
  readonly onHeard?: (() => void) | undefined;
  readonly log: Log;
  /** Greatest rest between two looks, for when a notice gets lost (a pooler that does not pass them on). 500 unless told. */
  readonly pollMs?: number | undefined;
}

/**
 * Follows the phases on a connection of its own: woken by NOTIFY, and looking every `pollMs` all the same. While the
 * control store is away nothing is delivered, so whoever listens keeps the last known phases.
 */
export function startPhaseWatch(options: PhaseWatchOptions): Service {
  const { storeUrl, onSnapshot, log, pollMs = 500 } = options;
  let delivered: number | undefined;
  let lost = false;

  const look = async (client: Client): Promise<void> => {
    const { rows } = await client.query<SnapshotRow>(snapshotSql);
    if (lost) {
      lost = false;
      log.info({}, 'the control store answers again');
    }
    const snapshot = toSnapshot(rows);
    options.onHeard?.();
    // Not "greater than": a store that was restored from a backup counts from an earlier number.
    if (snapshot.revision === delivered) return;
    onSnapshot(snapshot);
    delivered = snapshot.revision;
  };

  return startLoop({
    name: 'phase watch',
    maxRestMs: Math.max(pollMs, 1_000),
    turn: async (signal) => {
      await withConnection(storeUrl, (client, wake) => follow(client, wake, signal, pollMs, look));
      return undefined;
    },
    onError: (error, attempt) => {
      lost = true;
      // Powers of two: an outage of an hour is a dozen lines, not thousands.
      if ((attempt & (attempt - 1)) !== 0) return;
      log.warn(
        { attempt, error: describeError(error) },
        'the phases cannot be read; the last known ones stay in force',
      );
    },
  });
}

/** Waits for whichever comes first: a notice, the end of the connection, the rest. Arms itself again on each call. */
interface Wake {
  /** Resolves at once when something happened since the last call. Rejects when the connection has failed. */
  wait(restMs: number, signal: AbortSignal): Promise<void>;
}

async function follow(
  client: Client,
  wake: Wake,
  signal: AbortSignal,
  pollMs: number,
  look: (client: Client) => Promise<void>,
): Promise<void> {
  // Listening begins before the first look, so that a move between the two is not missed.
  await client.query(`LISTEN ${phaseChannel}`);
  while (!signal.aborted) {
    await look(client);
    await wake.wait(pollMs, signal);
  }
}

async function withConnection(storeUrl: string, work: (client: Client, wake: Wake) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString: storeUrl,
    application_name: 'fig phase watch',
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
  client.on('notification', rouse);
  client.on('error', (error) => {
    failure ??= error;
    rouse();
  });
  client.on('end', () => {
    failure ??= new Error('the connection to the control store was closed');
    rouse();
  });
  const wake: Wake = {
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
