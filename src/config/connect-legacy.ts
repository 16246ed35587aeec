import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { TlsMaterial, TlsSource } from './tls-material.ts';

/** How legacy proves over https who it is. Verified unless told otherwise. */
export interface LegacyTls extends Pick<TlsMaterial, 'cert' | 'key' | 'ca'> {
  /** The name legacy is asked by (SNI) and must have a certificate for. Default: the host of its URL. */
  readonly servername: string | undefined;
  /** False: whoever answers is believed. */
  readonly rejectUnauthorized: boolean;
}

/** The same as it is configured: with file paths, and defaults left out. */
export interface LegacyTlsSource extends Pick<TlsSource, 'cert' | 'key' | 'ca'> {
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

/**
 * The name every request to legacy has to be dispatched with. undici would take it from the Host header, which is what the
 * visitor typed: it would ask legacy for a certificate of that name and close the connection whenever the name changes.
 */
export function serverNameOf(legacy: URL, tls: LegacyTls): string {
  return tls.servername ?? hostOf(legacy);
}

/** Opens connections to legacy for an undici pool; `timeoutMs` is for the whole of TCP and TLS handshake. */
export function legacyConnector(legacy: URL, tls: LegacyTls, timeoutMs: number): buildConnector.connector {
  const { cert, key, ca, rejectUnauthorized } = tls;
  const connect = buildConnector({ timeout: timeoutMs, rejectUnauthorized, ...defined({ cert, key, ca }) });
  const servername = serverNameOf(legacy, tls);
  // An address is no server name (RFC 6066 section 3); the certificate is then checked against the address.
  if (isIP(servername) === 0) return (options, callback) => connect({ ...options, servername }, callback);
  return (options, callback) => {
    const unnamed = { ...options };
    delete unnamed.servername;
    connect(unnamed, callback);
  };
}

/** TLS options as node's own clients take them. */
export interface NodeTls {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly servername: string;
  readonly rejectUnauthorized: boolean;
}

export function nodeTlsOptions(legacy: URL, tls: LegacyTls): NodeTls {
  const { cert, key, ca, rejectUnauthorized } = tls;
  const servername = serverNameOf(legacy, tls);
  return { ...defined({ cert, key, ca }), rejectUnauthorized, servername: isIP(servername) === 0 ? servername : '' };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function defined(pem: Pick<TlsMaterial, 'cert' | 'key' | 'ca'>): { cert?: string; key?: string; ca?: string } {
  return Object.fromEntries(Object.entries(pem).filter(([, value]) => value !== undefined));
}
