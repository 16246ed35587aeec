import type { IncomingMessage } from 'node:http';

/** How long the rest of an upload is read away after its answer is complete, so that the client gets to read the answer. */
const LINGER_MS = 5_000;

/** Reads away what is left of an upload whose answer is complete; closes the connection if that takes too long. */
export function discardRest(req: IncomingMessage): void {
  if (req.readableEnded || req.destroyed) return;
  const timer = setTimeout(() => req.socket.destroy(), LINGER_MS);
  timer.unref();
  const stop = (): void => clearTimeout(timer);
  req.once('end', stop);
  req.once('close', stop);
  req.resume();
}
