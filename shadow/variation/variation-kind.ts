import type { VariationKind } from '../../src/kernel/legacy-variation.ts';
import type { Difference } from '../../src/kernel/verdict.ts';

/** A clock of legacy's may be off, and an answer may have taken a while. */
const MAX_FROM_NOW_MS = 60_000;
const MAX_STEP = 1_000n;

/** What a difference between two answers of legacy's looks like, from the values as they are shown. `now` in ms since the epoch. */
export function variationKindOf({ kind, legacy, candidate }: Difference, now: number): VariationKind {
  if (kind === 'order') return 'order';
  if (legacy === undefined || candidate === undefined) return 'other';
  const [first, second] = [unquoted(legacy), unquoted(candidate)];
  if (isAbout(first, now) && isAbout(second, now)) return 'time';
  if (isCounted(first, second)) return 'counter';
  return isToken(first) && isToken(second) ? 'token' : 'other';
}

function unquoted(shown: string): string {
  return shown.startsWith('"') && shown.endsWith('"') ? shown.slice(1, -1) : shown;
}

function isAbout(text: string, now: number): boolean {
  const at = timeOf(text);
  return at !== undefined && Math.abs(at - now) <= MAX_FROM_NOW_MS;
}

/** Of ISO 8601 (as time, not as a day alone), RFC 9110 dates, and seconds, milliseconds or microseconds since the epoch. */
function timeOf(text: string): number | undefined {
  if (/^\d{10}(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (/^\d{13}$/.test(text)) return Number(text);
  if (/^\d{16}$/.test(text)) return Number(text) / 1_000;
  if (!/\d{1,2}:\d{2}/.test(text)) return undefined;
  // Without a zone it may be any; that of this process is as good as another.
  const at = Date.parse(text.includes('T') ? text : text.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T'));
  return Number.isNaN(at) ? undefined : at;
}

function isCounted(first: string, second: string): boolean {
  if (!/^\d{1,18}$/.test(first) || !/^\d{1,18}$/.test(second)) return false;
  const step = BigInt(second) - BigInt(first);
  return step > 0n && step <= MAX_STEP;
}

/** What is redacted as a long token is one; else eight characters and more, with digits, that are no number and no sentence. */
function isToken(text: string): boolean {
  if (/^<redacted:[0-9a-f]+>$/.test(text)) return true;
  return /^[\w+/=.:~-]{8,}…?$/.test(text) && /\d/.test(text) && /[a-z]/i.test(text) && timeOf(text) === undefined;
}
