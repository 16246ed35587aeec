import { Agent } from 'node:https';
import { Pool, type Dispatcher } from 'undici';
import {
  legacyConnector,
  nodeTlsOptions,
  serverNameOf,
  type LegacyTls,
  type LegacyTlsSource,
} from '../src/config/connect-legacy.ts';
import { readTlsMaterial, type TlsMaterial } from '../src/config/tls-material.ts';
import type { Log } from '../src/kernel/log.ts';
import { renewTls, warnIfExpired, type RenewedTls } from './renewed-tls.ts';

export interface LegacyDispatcher {
  readonly dispatcher: Dispatcher;
  /** For what does not go through the dispatcher; undefined where legacy speaks plain http. */
  readonly agent: () => Agent | undefined;
  readonly renewed: RenewedTls | undefined;
  destroy(): Promise<void>;
}

export interface LegacyOptions {
  readonly url: URL;
  readonly tls: LegacyTlsSource;
  /** Milliseconds for TCP and TLS handshake together. */
  readonly connectTimeoutMs: number;
  readonly pool: Pool.Options;
  /** Milliseconds between two looks at the files of certificates. */
  readonly pollMs: number;
  readonly log: Log;
}

/** The connections to legacy. Over https it is verified, and asked by one name. Throws FIG_CERTIFICATE_INVALID. */
export function openLegacy({
  url,
  tls,
  connectTimeoutMs,
  pool: options,
  pollMs,
  log,
}: LegacyOptions): LegacyDispatcher {
  if (url.protocol !== 'https:') {
    const pool = new Pool(url.origin, { ...options, connect: { timeout: connectTimeoutMs } });
    return { dispatcher: pool, agent: () => undefined, renewed: undefined, destroy: () => pool.destroy() };
  }
  const name = 'legacy.tls';
  const current = readTlsMaterial(tls, name);
  warnIfExpired(name, current, log);
  const verified = withMaterial(tls, current);
  if (!verified.rejectUnauthorized) {
    log.warn(
      { legacy: url.origin },
      'LEGACY IS NOT VERIFIED (legacy.tls.rejectUnauthorized is false): anybody may answer for it',
    );
  }
  let connect = legacyConnector(url, verified, connectTimeoutMs);
  let agent = new Agent(nodeTlsOptions(url, verified));
  const pool = new Pool(url.origin, { ...options, connect: (opts, callback) => connect(opts, callback) });
  const apply = (material: TlsMaterial): void => {
    // Connections that are open stay; the next one uses the new certificate.
    const next = withMaterial(tls, material);
    connect = legacyConnector(url, next, connectTimeoutMs);
    agent = new Agent(nodeTlsOptions(url, next));
  };
  const servername = serverNameOf(url, verified);
  const renewed = renewTls({ name, source: tls, current, apply, pollMs, log });
  return {
    dispatcher: pool.compose((dispatch) => (request, handler) => {
      const named: Dispatcher.DispatchOptions & { readonly servername: string } = { ...request, servername };
      return dispatch(named, handler);
    }),
    agent: () => agent,
    renewed,
    destroy: () => {
      renewed.stop();
      return pool.destroy();
    },
  };
}

function withMaterial({ servername, rejectUnauthorized = true }: LegacyTlsSource, material: TlsMaterial): LegacyTls {
  return { ...material, servername, rejectUnauthorized };
}
