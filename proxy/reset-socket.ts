import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Breaks a connection off so that the other end cannot take it for a proper end: with a reset, or, where node can send none
 * because TLS lies in between, without the alert that closes a TLS connection (RFC 8446 section 6.1).
 */
export function resetSocket(socket: Socket): void {
  // While the end of a connection is being sent libuv refuses to reset it, and node then leaks it with its descriptor.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  // Not `resetAndDestroy`: it sends the end first and the reset behind it, and whoever reads in between sees a proper end.
  if (!(socket instanceof TLSSocket || isEnding)) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
