import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Connecting {
  readonly socket: Socket;
  /** The event after which it can be written to. */
  readonly ready: 'connect' | 'secureConnect';
}

/** Begins to connect to an origin; https is verified against the certificates that node trusts. */
export function connectUpstream(origin: URL): Connecting {
  const isTls = origin.protocol === 'https:';
  const host = origin.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = origin.port === '' ? (isTls ? 443 : 80) : Number(origin.port);
  if (!isTls) return { socket: connectTcp({ host, port }), ready: 'connect' };
  const servername = /^[\d.]+$|:/.test(host) ? undefined : host;
  return { socket: connectTls({ host, port, servername, ALPNProtocols: ['http/1.1'] }), ready: 'secureConnect' };
}
