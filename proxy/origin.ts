import type { TrustRules } from '../src/config/edge-definition.ts';
import { headerValues, type RawHeaders } from '../src/kernel/exchange.ts';
import { addressIn, forwardedElement, hostIn, listOf, parseForwarded, plainAddress, schemeIn } from './forwarded.ts';
import type { IsTrusted } from './trust.ts';

// Nothing here does I/O: where a request comes from follows from the peer, its headers and whom we trust.

export type Scheme = 'http' | 'https';

/** Where a request comes from, as far as it can be believed. */
export interface Origin {
  /** The visitor: the right-most address that is not a trusted hop's. */
  readonly address: string;
  /** What the visitor spoke to the outermost trusted hop. */
  readonly scheme: Scheme;
  /** The host the visitor asked for. */
  readonly host: string | undefined;
  /** Value of X-Forwarded-For for the next hop. */
  readonly forwardedFor: string;
  /** Value of Forwarded (RFC 7239) for the next hop. */
  readonly forwarded: string;
  /** Whether the peer is a trusted hop, so that what else it says of the request stands. */
  readonly isPeerTrusted: boolean;
}

/** What one hop says: whom it got the request from, and how. */
interface Hop {
  readonly address: string | undefined;
  readonly host: string | undefined;
  readonly scheme: Scheme | undefined;
}

/** Hops from the outermost to the nearest, and what the nearest says when none of them can be named. */
interface Said {
  readonly hops: readonly Hop[];
  readonly nearest: Hop | undefined;
}

export interface Peer {
  readonly address: string | undefined;
  readonly host: string | undefined;
  /** What is spoken on this connection. */
  readonly scheme: Scheme;
}

/** At the edge all that a client says of where it comes from is overwritten; behind trusted hops we append to it. */
export function originOf(
  isTrusted: IsTrusted | undefined,
  header: TrustRules['header'],
  { address: remote, host, scheme }: Peer,
  headers: RawHeaders,
): Origin {
  const peer = remote === undefined ? 'unknown' : plainAddress(remote);
  if (isTrusted === undefined || !isTrusted(peer, 0)) {
    const forwarded = forwardedElement(peer, hostIn(host), scheme);
    return { address: peer, scheme, host, forwardedFor: peer, forwarded, isPeerTrusted: false };
  }
  const { hops, nearest } = header === 'forwarded' ? saidInForwarded(headers) : saidInLists(headers);
  const { visitor, oldest } = walk(hops, isTrusted);
  // A malformed entry hides whatever is left of it.
  const chain = hops.slice(oldest).map((hop) => hop.address!);
  const said: Hop | undefined = hops[visitor];
  const known = {
    address: said?.address ?? peer,
    scheme: said?.scheme ?? nearest?.scheme ?? scheme,
    host: hostIn(said?.host ?? nearest?.host) ?? host,
  };
  const elements = [...chain, peer].map((address, index) =>
    oldest + index === visitor
      ? forwardedElement(address, hostIn(known.host), known.scheme)
      : forwardedElement(address),
  );
  return { ...known, forwardedFor: [...chain, peer].join(', '), forwarded: elements.join(', '), isPeerTrusted: true };
}

/**
 * From the nearest hop outwards: `visitor` is the index of the first one that is not trusted, or of the outermost one;
 * `oldest` that of the last one before a malformed entry. Both are `hops.length`, the peer's, when there is none.
 */
function walk(hops: readonly Hop[], isTrusted: IsTrusted): { readonly visitor: number; readonly oldest: number } {
  let visitor = hops.length;
  let oldest = hops.length;
  let isInside = true;
  while (oldest > 0) {
    const address = hops[oldest - 1]!.address;
    if (address === undefined) break;
    oldest -= 1;
    if (!isInside) continue;
    visitor = oldest;
    isInside = isTrusted(address, hops.length - oldest);
  }
  return { visitor, oldest };
}

function saidInForwarded(headers: RawHeaders): Said {
  const elements = parseForwarded(headerValues(headers, 'forwarded').join(',')) ?? [];
  const hops = elements.map((element) => ({
    address: addressIn(element.for),
    host: element.host,
    scheme: schemeIn(element.proto),
  }));
  return { hops, nearest: hops.at(-1) };
}

/** X-Forwarded-Proto and -Host are said once by the outermost hop, or appended to by each; they are aligned at the right. */
function saidInLists(headers: RawHeaders): Said {
  const list = (name: string): string[] => listOf(headerValues(headers, name).join(','));
  const addresses = list('x-forwarded-for');
  const schemes = list('x-forwarded-proto');
  const hosts = list('x-forwarded-host');
  const aligned = (values: readonly string[], index: number): string | undefined =>
    values.length === 1 ? values[0] : values[index - addresses.length + values.length];
  const hops = addresses.map((entry, index) => ({
    address: addressIn(entry),
    host: aligned(hosts, index),
    scheme: schemeIn(aligned(schemes, index)),
  }));
  return { hops, nearest: { address: undefined, host: hosts.at(-1), scheme: schemeIn(schemes.at(-1)) } };
}
