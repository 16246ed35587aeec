import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NodeTls } from '../../src/config/connect-legacy.ts';
import { ReadBuffer } from './read-buffer.ts';

export interface Connecting {
  readonly socket: Socket;
  /** The event after which it can be written to. */
  readonly ready: 'connect' | 'secureConnect';
  /** What it reads into; without one it emits `data`, as over TLS, where node has to read by itself. */
  readonly reads?: ReadBuffer | undefined;
}

/** Begins to connect to an origin; https is verified as `tls` says, by default against the certificates that node trusts. */
export function connectUpstream(origin: URL, tls?: NodeTls): Connecting {
  const isTls = origin.protocol === 'https:';
  const host = origin.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = origin.port === '' ? (isTls ? 443 : 80) : Number(origin.port);
  if (!isTls) {
    const reads = new ReadBuffer();
    return { socket: connectTcp({ host, port, onread: reads.onread }), ready: 'connect', reads };
  }
  const servername = isIP(host) === 0 ? host : undefined;
  return {
    socket: connectTls({ host, port, servername, ...tls, ALPNProtocols: ['http/1.1'] }),
    ready: 'secureConnect',
  };
}
