import { isIP } from 'node:net';

// Nothing here does I/O: what hops in front wrote into headers, which anybody may have written, is read or refused.

/** What one hop says of the request that it received (RFC 7239 section 4). */
export interface ForwardedElement {
  readonly for: string | undefined;
  readonly host: string | undefined;
  readonly proto: string | undefined;
}

const pair = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\]|\\.)*")[ \t]*/y;

/**
 * The elements of a Forwarded header (RFC 7239), the nearest hop's last. Undefined when any part of it is malformed: an
 * unclosed quote swallows what honest hops appended, so that nothing in it can be believed.
 */
export function parseForwarded(value: string): ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let current = new Map<string, string>();
  let at = 0;
  for (;;) {
    pair.lastIndex = at;
    const found = pair.exec(value);
    if (found) {
      const name = found[1]!.toLowerCase();
      if (current.has(name)) return undefined;
      current.set(name, unquoted(found[2]!));
      at = pair.lastIndex;
    } else {
      // Empty elements are allowed in lists (RFC 9110 section 5.6.1).
      while (value[at] === ' ' || value[at] === '\t') at += 1;
    }
    if (found && value[at] === ';') at += 1;
    else if (at === value.length || value[at] === ',') {
      if (current.size > 0) {
        elements.push({ for: current.get('for'), host: current.get('host'), proto: current.get('proto') });
      }
      if (at === value.length) return elements;
      current = new Map();
      at += 1;
    } else return undefined;
  }
}

/** The entries of a list header such as X-Forwarded-For, the nearest hop's last. */
export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The address in an entry, without port and brackets; undefined for whatever else hops and strangers put there. */
export function addressIn(entry: string | undefined): string | undefined {
  if (entry === undefined || entry.length > 60) return undefined;
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(entry);
  const address = bracketed ? bracketed[1]! : isIP(entry) === 0 ? entry.replace(/:\d{1,5}$/, '') : entry;
  const family = isIP(address);
  if (family === 0 || (bracketed && family !== 6) || address.includes('%')) return undefined;
  return plainAddress(address);
}

/** An IPv4 address that a dual-stack socket writes as IPv6 is written as IPv4. */
export function plainAddress(address: string): string {
  const isMapped = address.length > 7 && address.charCodeAt(0) === 0x3a && /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address);
  return isMapped ? address.slice(7) : address;
}

/** A host and an optional port as they may stand in a header without doing harm. */
export function hostIn(value: string | undefined): string | undefined {
  return value !== undefined && /^(?:[\w.-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i.test(value)
    ? value
    : undefined;
}

export function schemeIn(value: string | undefined): 'http' | 'https' | undefined {
  const scheme = value?.toLowerCase();
  if (scheme === 'http' || scheme === 'ws') return 'http';
  return scheme === 'https' || scheme === 'wss' ? 'https' : undefined;
}

/** One element of a Forwarded header: addresses of IPv6 and hosts with a port have to be quoted. */
export function forwardedElement(address: string, host?: string, scheme?: string): string {
  let text = address.includes(':') ? `for="[${address}]"` : `for=${address}`;
  if (host !== undefined) text += host.includes(':') ? `;host="${host}"` : `;host=${host}`;
  return scheme === undefined ? text : `${text};proto=${scheme}`;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
