import { Agent } from 'node:https';
import { nodeTlsOptions, type LegacyTls, type LegacyTlsSource, type NodeTls } from '../src/config/connect-legacy.ts';
import { readTlsMaterial, type TlsMaterial } from '../src/config/tls-material.ts';
import type { Log } from '../src/kernel/log.ts';
import { renewTls, warnIfExpired } from './renewed-tls.ts';

/** How connections to legacy are secured at this moment; undefined where it speaks plain http. */
export interface OpenLegacyTls {
  readonly options: () => NodeTls | undefined;
  /** For what does not go through the pool of connections. */
  readonly agent: () => Agent | undefined;
  /** Reads the files again. Connections that are open stay. Never throws. */
  reload(): void;
  stop(): void;
}

const plain: OpenLegacyTls = {
  options: () => undefined,
  agent: () => undefined,
  reload: () => undefined,
  stop: () => undefined,
};

/**
 * What is needed to verify a legacy at https, and kept up to date with its files, which are looked at every `pollMs`. Throws
 * FIG_CERTIFICATE_INVALID.
 */
export function openLegacyTls(legacy: URL, source: LegacyTlsSource, pollMs: number, log: Log): OpenLegacyTls {
  if (legacy.protocol !== 'https:') return plain;
  const name = 'legacy.tls';
  const current = readTlsMaterial(source, name);
  warnIfExpired(name, current, log);
  if (source.rejectUnauthorized === false) {
    const message = 'LEGACY IS NOT VERIFIED (legacy.tls.rejectUnauthorized is false): anybody may answer for it';
    log.warn({ legacy: legacy.origin }, message);
  }
  let options = nodeTlsOptions(legacy, withMaterial(source, current));
  let agent = new Agent(options);
  const apply = (material: TlsMaterial): void => {
    options = nodeTlsOptions(legacy, withMaterial(source, material));
    agent = new Agent(options);
  };
  const renewed = renewTls({ name, source, current, apply, pollMs, log });
  return { options: () => options, agent: () => agent, reload: () => renewed.reload(), stop: () => renewed.stop() };
}

function withMaterial({ servername, rejectUnauthorized = true }: LegacyTlsSource, material: TlsMaterial): LegacyTls {
  return { ...material, servername, rejectUnauthorized };
}
