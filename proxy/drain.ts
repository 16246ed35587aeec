import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { sleep } from '../src/kernel/service.ts';
import type { ClientConnections } from './client-connections.ts';
import { withinTime } from './within-time.ts';

export interface DrainTimes {
  /** Milliseconds in which everything is still accepted, but connections are closed behind their answers. */
  readonly drainDelayMs: number;
  /** Milliseconds that what is under way gets to end by itself. */
  readonly stopGraceMs: number;
}

/**
 * Ends a server without cutting anybody off who can be spared: answers close their connections from now on, then nothing
 * new is accepted and idle connections are closed, requests, event streams and tunnels get a time of grace, and what is
 * left then is cut.
 */
export async function drain(
  server: Server,
  connections: ClientConnections,
  tunnels: ReadonlySet<Duplex>,
  { drainDelayMs, stopGraceMs }: DrainTimes,
): Promise<void> {
  connections.closeBehindAnswers();
  if (drainDelayMs > 0) await sleep(drainDelayMs);
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  connections.closeUnused();
  await withinTime(Promise.all([connections.whenEmpty(), allClosed(tunnels)]), stopGraceMs);
  server.closeAllConnections();
  for (const socket of tunnels) socket.destroy();
  // Those that were just broken off still have to be reported; a candidate that hangs must not hold up the stop.
  await withinTime(connections.whenEmpty(), stopGraceMs);
  await closed;
}

async function allClosed(sockets: ReadonlySet<Duplex>): Promise<void> {
  await Promise.all(
    [...sockets].map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.closed) resolve();
          else socket.once('close', () => resolve());
        }),
    ),
  );
}
