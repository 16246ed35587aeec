import type { TlsSource } from './tls-material.ts';

/** How the proxy shows users who it is. File paths are relative to the current folder; PEM text is taken as well. */
export interface ListenTls extends TlsSource {
  /** The certificate, with its chain behind it. */
  readonly cert: string;
  readonly key: string;
  /** With it, every client must show a certificate of these authorities. */
  readonly ca?: string | undefined;
  /** Whether HTTP/2 is offered. Default true. */
  readonly http2?: boolean | undefined;
}

/** Which peers are believed when they say where a request comes from. By default nobody is. */
export interface TrustRules {
  /** Addresses and networks of the hops in front: `10.0.0.0/8`, `::1`. */
  readonly proxies?: readonly string[] | undefined;
  /** Instead: how many hops are in front, whatever their addresses; safe only when nobody can come around them. */
  readonly hops?: number | undefined;
  /** The header in which those hops tell it; the other one is not read. Default `x-forwarded-for`. */
  readonly header?: 'x-forwarded-for' | 'forwarded' | undefined;
}

/**
 * `verbatim`: every path is forwarded exactly as it came, and one that may be read in two ways is legacy's. `strict`: such
 * paths are refused when they hide separators, dot segments or control characters.
 */
export type PathPolicy = 'verbatim' | 'strict';
