import { BlockList, isIP } from 'node:net';
import type { TrustRules } from '../src/config/edge-definition.ts';
import { FigError } from '../src/kernel/fig-error.ts';

/** Whether the hop at this address is believed. `distance`: 0 for the peer itself, 1 for whom it names last, and so on. */
export type IsTrusted = (address: string, distance: number) => boolean;

/** Undefined when nobody is trusted. Throws FIG_CONFIG_INVALID for what is no address and no network. */
export function compileTrust({ proxies = [], hops = 0 }: TrustRules): IsTrusted | undefined {
  if (proxies.length === 0) return hops > 0 ? (_, distance) => distance < hops : undefined;
  const list = new BlockList();
  for (const text of proxies) addNetwork(list, text);
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(withoutZone(address), family === 4 ? 'ipv4' : 'ipv6');
  };
}

function addNetwork(list: BlockList, text: string): void {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === 0 || rest.length > 0 || !(length <= bits)) {
    throw new FigError('FIG_CONFIG_INVALID', `trust.proxies: ${JSON.stringify(text)} is no address and no network`, {
      remedy: 'Write an address such as "::1", or a network such as "10.0.0.0/8".',
    });
  }
  list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}
