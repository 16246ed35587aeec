import { readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import type { RequestListener } from 'node:http';
import type { Server } from 'node:https';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { listening, type Upstream } from './harness.ts';

const folder = join(import.meta.dirname, '../../fixtures/tls');

export const fixture = (name: string): string => join(folder, `${name}.pem`);
export const pem = (name: string): string => readFileSync(fixture(name), 'utf8');

export const serverFiles = { cert: fixture('server.cert'), key: fixture('server.key') };
export const ca = pem('ca.cert');

/** A legacy app at https://localhost. */
export async function startSecureUpstream(
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<Upstream & { readonly server: Server }> {
  const server = createServer({ cert: pem('server.cert'), key: pem('server.key'), ...options }, listener);
  // A client that does not like our certificate breaks off.
  server.on('tlsClientError', () => undefined);
  const upstream = await listening(server);
  return Object.assign(upstream, { server, url: new URL(`https://localhost:${upstream.port}`) });
}

export async function secureSocket(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** Sends one request over TLS and returns everything that comes back until the connection ends. */
export async function exchangeSecure(port: number, request: string, options: ConnectionOptions = {}): Promise<string> {
  const socket = await secureSocket(port, options);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
  socket.write(request, 'latin1');
  await ended;
  return text;
}

/** The serial number of the certificate that a new connection is shown. */
export async function shownSerial(port: number): Promise<string> {
  const socket = await secureSocket(port);
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}
