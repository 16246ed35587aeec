import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isHopByHop, isOfFig, nominatedIn } from './hop-by-hop.ts';
import { resetSocket } from './reset-socket.ts';

/** How long one side may go on after the other has said that it is done. */
const HALF_CLOSED_MS = 5_000;

/** The head of legacy's 101 as the client gets it: names, case and order as they came, less what is of legacy's connection only. */
export function switchingHead({ statusMessage, rawHeaders }: IncomingMessage): string {
  const nominated = nominatedIn(rawHeaders);
  const lines = [`HTTP/1.1 101 ${statusMessage ?? 'Switching Protocols'}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (name === 'connection') lines.push(`${rawHeaders[i]!}: ${upgradeOf(rawHeaders[i + 1]!)}`);
    else if (name === 'upgrade' || !(isHopByHop(name) || nominated.has(name) || isOfFig(name)))
      lines.push(`${rawHeaders[i]!}: ${rawHeaders[i + 1]!}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function upgradeOf(connection: string): string {
  return (
    connection
      .split(',')
      .find((token) => token.trim().toLowerCase() === 'upgrade')
      ?.trim() ?? 'Upgrade'
  );
}

/**
 * Makes one connection of two until both are closed. The end of one side is passed on, and the other may still deliver what
 * it has under way, but not for long: they close together. A side that breaks takes the other with it at once.
 */
export function joinTunnel(client: Socket, upstream: Socket, halfClosedMs = HALF_CLOSED_MS): void {
  let late: NodeJS.Timeout | undefined;
  const onEnd = (): void => {
    late ??= setTimeout(() => {
      resetSocket(client);
      resetSocket(upstream);
    }, halfClosedMs);
  };
  const pass = (from: Socket, to: Socket): void => {
    from.setTimeout(0);
    from.setNoDelay(true);
    from.setKeepAlive(true);
    // The end of what comes in is not yet the end of what goes out.
    from.allowHalfOpen = true;
    from.on('error', () => resetSocket(to));
    from.once('end', onEnd);
    from.once('close', () => {
      clearTimeout(late);
      if (from.readableEnded) to.destroySoon();
      else resetSocket(to);
    });
    from.pipe(to);
  };
  pass(client, upstream);
  pass(upstream, client);
}
