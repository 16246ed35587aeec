import { filesOf, readTlsMaterial, type TlsMaterial, type TlsSource } from '../src/config/tls-material.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import { watchFiles } from './watch-files.ts';

export interface RenewedTls {
  /** Reads the files again; a certificate that cannot be used is told and the one before stays. Never throws. */
  reload(): void;
  stop(): void;
}

export interface RenewedTlsOptions {
  /** Names the setting in messages: `listen.tls`. */
  readonly name: string;
  readonly source: TlsSource;
  readonly current: TlsMaterial;
  /** Puts new material to use. What it throws counts as a certificate that cannot be used. */
  readonly apply: (material: TlsMaterial) => void;
  /** Milliseconds between two looks at the files where nothing tells of a change. */
  readonly pollMs: number;
  readonly log: Log;
}

/** Keeps certificates up to date with their files while the proxy runs, without dropping a connection. */
export function renewTls({ name, source, current, apply, pollMs, log }: RenewedTlsOptions): RenewedTls {
  let used = current;
  let told = '';
  const reload = (): void => {
    try {
      const next = readTlsMaterial(source, name);
      if (isSame(next, used)) {
        told = '';
        return;
      }
      if (next.expiresAt !== undefined && next.expiresAt < Date.now()) throw new Error(`${name} has expired already`);
      apply(next);
      used = next;
      told = '';
      log.info({ name, expiresAt: dateOf(next) }, 'the certificate was renewed');
    } catch (error) {
      const text = describeError(error);
      if (text === told) return;
      told = text;
      const code = 'FIG_CERTIFICATE_INVALID';
      log.error({ code, name, error: text }, 'the new certificate cannot be used; the one before stays in use');
    }
  };
  const watching = watchFiles(filesOf(source), pollMs, reload);
  return { reload, stop: () => watching.stop() };
}

/** Tells of a certificate that has expired before anybody was served with it. */
export function warnIfExpired(name: string, material: TlsMaterial, log: Log): void {
  if (material.expiresAt === undefined || material.expiresAt >= Date.now()) return;
  const code = 'FIG_CERTIFICATE_INVALID';
  log.warn({ code, name, expiresAt: dateOf(material) }, 'the certificate has expired; clients will refuse it');
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}

function dateOf({ expiresAt }: TlsMaterial): string | undefined {
  return expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
}
