import { createServer, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { ListenTls } from '../src/config/edge-definition.ts';
import { readTlsMaterial } from '../src/config/tls-material.ts';
import type { Log } from '../src/kernel/log.ts';
import { renewTls, warnIfExpired, type RenewedTls } from './renewed-tls.ts';
import { SecureServer } from './secure-server.ts';

export interface Listener {
  readonly server: Server | SecureServer;
  readonly renewed: RenewedTls | undefined;
}

/**
 * The server users connect to, with a certificate or without; it does not listen yet. `watch` is told of every connection
 * that can ask, an HTTP/2 one included, `accepted` of one whose TLS handshake is still to come. Throws FIG_CERTIFICATE_INVALID.
 */
export function openListener(
  tls: ListenTls | undefined,
  options: ServerOptions,
  pollMs: number,
  log: Log,
  watch: (socket: Socket) => void,
  accepted: (socket: Socket) => void,
): Listener {
  if (tls === undefined) {
    const server = createServer(options);
    server.on('connection', watch);
    return { server, renewed: undefined };
  }
  const name = 'listen.tls';
  const material = readTlsMaterial(tls, name);
  warnIfExpired(name, material, log);
  const server = new SecureServer(options, tls, material);
  server.on('connection', accepted);
  server.on('secureConnection', watch);
  const apply = server.renew.bind(server);
  return { server, renewed: renewTls({ name, source: tls, current: material, apply, pollMs, log }) };
}
