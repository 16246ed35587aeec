import type { Client } from 'pg';
import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import type { RoutingSnapshot } from '../kernel/phase.ts';
import { startLoop, type Service } from '../kernel/service.ts';
import { type Wake, withListeningConnection } from './listening-connection.ts';
import { phaseChannel, snapshotSql, toSnapshot, type SnapshotRow } from './phase-rows.ts';

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
      await withListeningConnection({ storeUrl, applicationName: 'fig phase watch' }, (client, wake) =>
        follow(client, wake, signal, pollMs, look),
      );
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
