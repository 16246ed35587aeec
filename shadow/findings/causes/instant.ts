import type { Shown } from '../shown-value.ts';

/** A time as it is written. */
export interface Instant {
  /** Milliseconds since the epoch; without a zone, as if it were UTC. */
  readonly ms: number;
  readonly hasZone: boolean;
  readonly hasTime: boolean;
}

const grammar = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?([.,]\d{1,9})?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Of ISO 8601 and RFC 3339, also with a blank for the T. */
export function instantOf(shown: Shown): Instant | undefined {
  if (shown.type !== 'string') return undefined;
  const [, date, minutes, seconds = ':00', fraction = '', zone] = grammar.exec(shown.text) ?? [];
  if (date === undefined) return undefined;
  const ms = Date.parse(`${date}T${minutes ?? '00:00'}${seconds}${millisOf(fraction)}${zoneText(zone)}`);
  return Number.isNaN(ms) ? undefined : { ms, hasZone: zone !== undefined, hasTime: minutes !== undefined };
}

function millisOf(fraction: string): string {
  return fraction === '' ? '' : `.${fraction.slice(1, 4)}`;
}

function zoneText(zone = 'Z'): string {
  const [, sign, hours, minutes = '00'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return sign === undefined ? 'Z' : `${sign}${hours}:${minutes}`;
}
