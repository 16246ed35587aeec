import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Breaks a connection off so that the other end cannot take it for a proper end: with a reset, or, where node can send none
 * because TLS lies in between, without the alert that closes a TLS connection (RFC 8446 section 6.1).
 */
export function resetSocket(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
