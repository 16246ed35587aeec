import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import type { Position } from '../src/kernel/position.ts';

export const fenceCookieName = 'fig_fence';

/** For so long a browser keeps it: the read model is long past it then, or reads are with legacy anyway. */
const fenceCookieSeconds = 600;

/** What a visitor carries about their last write. */
export interface FenceNote {
  readonly fence: Position;
  /**
   * Milliseconds since the epoch at which it was written, by the clock of whoever wrote it. That one may be set wrong, so this
   * tells notes apart and says nothing about how old one is.
   */
  readonly at: number;
  /** False when a write may still commit after the position, which could not be learned. */
  readonly isKnown: boolean;
  /** Names the log that the position is of; empty when that was not known, or when there is only one. */
  readonly log: string;
}

/** The value of the Set-Cookie line that gives a visitor their note. */
export function fenceSetCookie(secret: Uint8Array, note: FenceNote, isSecure: boolean): string {
  const log = note.log === '' ? '' : `.${note.log}`;
  const text = `${note.fence.toString(16)}.${note.at.toString(36)}.${note.isKnown ? 'k' : 'u'}${log}`;
  const value = `${text}.${signatureOf(secret, text)}`;
  const secure = isSecure ? '; Secure' : '';
  return `${fenceCookieName}=${value}; Max-Age=${fenceCookieSeconds}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

/** The latest note in a Cookie header that we signed. Anything else counts as no note. */
export function fenceNoteIn(secret: Uint8Array, cookieHeader: string | undefined): FenceNote | undefined {
  if (cookieHeader === undefined || !cookieHeader.includes(fenceCookieName)) return undefined;
  let latest: FenceNote | undefined;
  for (const pair of cookieHeader.split(';')) {
    if (!isFencePair(pair)) continue;
    const note = readNote(secret, pair.slice(pair.indexOf('=') + 1).trim());
    if (note && (latest === undefined || note.at > latest.at)) latest = note;
  }
  return latest;
}

/** The headers without our cookie: legacy sees the cookies it set and nothing else. Other lines are not touched. */
export function withoutFenceCookie(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (name.toLowerCase() !== 'cookie' || !value.includes(fenceCookieName)) {
      kept.push(name, value);
      continue;
    }
    const pairs = value.split(';');
    const others = pairs.filter((pair) => !isFencePair(pair));
    if (others.length === pairs.length) kept.push(name, value);
    else if (others.some((pair) => pair.trim() !== '')) kept.push(name, others.join(';').trimStart());
  }
  return kept;
}

function isFencePair(pair: string): boolean {
  return pair.trimStart().startsWith(`${fenceCookieName}=`);
}

function readNote(secret: Uint8Array, value: string): FenceNote | undefined {
  const parts = /^([0-9a-f]{1,16})\.([0-9a-z]{1,9})\.([ku])(\.[\w-]{1,16})?\.([\w-]{43})$/.exec(value);
  if (!parts) return undefined;
  const log = parts[4] ?? '';
  const given = Buffer.from(parts[5]!);
  const expected = Buffer.from(signatureOf(secret, `${parts[1]}.${parts[2]}.${parts[3]}${log}`));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const fence = BigInt(`0x${parts[1]}`);
  return { fence, at: Number.parseInt(parts[2]!, 36), isKnown: parts[3] === 'k', log: log.slice(1) };
}

function signatureOf(secret: Uint8Array, text: string): string {
  return createHmac('sha256', secret).update(`${fenceCookieName}\0${text}`).digest('base64url');
}
