import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureVersion } from 'node:tls';
import { FigError, describeError } from '../kernel/fig-error.ts';

/** Where a certificate comes from: file paths, or the PEM text itself. */
export interface TlsSource {
  /** The certificate, with its chain behind it. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Certificate authorities that the other side must come from. */
  readonly ca?: string | undefined;
  readonly minVersion?: Extract<SecureVersion, 'TLSv1.2' | 'TLSv1.3'> | undefined;
}

/** PEM texts that have been proved to be usable together. */
export interface TlsMaterial {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
  /** When the certificate ends, in milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** Reads and checks certificate, key and CA. Throws FIG_CERTIFICATE_INVALID, which names what is wrong; never the key. */
export function readTlsMaterial(source: TlsSource, name: string): TlsMaterial {
  const cert = pemOf(source.cert, `${name}.cert`);
  const key = pemOf(source.key, `${name}.key`);
  const ca = pemOf(source.ca, `${name}.ca`);
  if ((cert === undefined) !== (key === undefined)) {
    throw new FigError('FIG_CERTIFICATE_INVALID', `${name}: cert and key go together`);
  }
  try {
    const expiresAt = cert === undefined || key === undefined ? undefined : checkedPair(cert, key);
    for (const each of ca === undefined ? [] : certificatesIn(ca)) void new X509Certificate(each);
    createSecureContext({ cert, key, ca, minVersion: source.minVersion });
    return { cert, key, ca, expiresAt };
  } catch (error) {
    const what = [source.cert, source.key, source.ca].filter((each) => each !== undefined && !isPem(each)).join(', ');
    const where = what === '' ? '' : ` (${what})`;
    throw new FigError('FIG_CERTIFICATE_INVALID', `${name}${where} cannot be used: ${describeError(error)}`);
  }
}

/** The files of a source, for those who watch them. */
export function filesOf({ cert, key, ca }: TlsSource): string[] {
  return [cert, key, ca].filter((each) => each !== undefined).filter((each) => !isPem(each));
}

function pemOf(source: string | undefined, name: string): string | undefined {
  if (source === undefined || isPem(source)) return source;
  try {
    return readFileSync(source, 'utf8');
  } catch (error) {
    throw new FigError('FIG_CERTIFICATE_INVALID', `${name}: ${source} cannot be read: ${describeError(error)}`);
  }
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/** A file without a certificate would otherwise be taken for an empty list, one that is still being written for a short one. */
function certificatesIn(ca: string): string[] {
  const found = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (found === null) throw new Error('there is no certificate in ca');
  if (found.length !== ca.split('-----BEGIN CERTIFICATE-----').length - 1)
    throw new Error('a certificate in ca is cut');
  return found;
}

function checkedPair(cert: string, key: string): number {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is not the one of the certificate');
  return Date.parse(certificate.validTo);
}
