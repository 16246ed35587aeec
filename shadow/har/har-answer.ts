import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { headerValue } from '../../src/kernel/exchange.ts';
import { maxComparedBytes, skipReasonOfLegacy } from '../comparability.ts';
import { mediaTypeOf } from '../media-type.ts';
import type { HarEntry } from './har-file.ts';
import { rawHeaders } from './har-question.ts';

export type HarAnswer =
  | { readonly ok: true; readonly answer: HttpAnswer }
  | { readonly ok: false; readonly reason: HarAnswerFault };

export type HarAnswerFault =
  /** The client ended it, or no answer came. */
  | 'aborted'
  /** The recorder did not keep the body. */
  | 'no-body'
  /** From the client's cache: of another time. */
  | 'cache'
  | 'range'
  | 'too-large'
  | 'legacy-5xx'
  | 'conditional';

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Of the framing on the wire, which the recorder has undone. */
const framing = /^(?:content-encoding|content-length|transfer-encoding)$/i;
const references = /^(?:location|content-location)$/i;
const bodiless = new Set([204, 205]);

/**
 * What an entry was answered, with its body as a client reads it. Recorders keep bodies decoded, whatever the headers say, so
 * they are not decoded again. `origin` is the one that was asked: references to it are made relative. No I/O.
 */
export function harAnswer({ response, _fromCache: fromCache }: HarEntry, origin: string): HarAnswer {
  const { status, content } = response;
  if (!Number.isInteger(status) || status < 100) return { ok: false, reason: 'aborted' };
  if (fromCache !== undefined && fromCache !== null && fromCache !== false) return { ok: false, reason: 'cache' };
  if (status === 206 || status === 416) return { ok: false, reason: 'range' };
  const text = content?.text ?? undefined;
  if (text === undefined && !mayLackBody(response)) return { ok: false, reason: 'no-body' };
  const isBase64 = content?.encoding?.toLowerCase() === 'base64';
  const bytes = Buffer.from(text ?? '', isBase64 ? 'base64' : 'utf8');
  if (bytes.byteLength > maxComparedBytes) return { ok: false, reason: 'too-large' };
  const isEncoded = isBase64 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  const headers = cleaned(rawHeaders(response.headers), { origin, isEncoded, mimeType: content?.mimeType });
  const { kind } = mediaTypeOf({ status, headers, body: bytes });
  // It has been characters since it was recorded, whatever charset it came in; the mark says which one it has now.
  const isMarked = !isBase64 && bytes.byteLength > 0 && kind !== 'binary' && kind !== 'multipart';
  const answer = { status, headers, body: isMarked ? Buffer.concat([utf8Mark, bytes]) : bytes };
  const skip = skipReasonOfLegacy(answer);
  return skip === 'legacy-5xx' || skip === 'conditional' ? { ok: false, reason: skip } : { ok: true, answer };
}

/** Redirects are recorded without a body, and what is said to be empty has none. */
function mayLackBody({ status, content }: HarEntry['response']): boolean {
  if (bodiless.has(status) || (status >= 300 && status < 400)) return true;
  return content?.size === 0;
}

function cleaned(
  headers: readonly string[],
  {
    origin,
    isEncoded,
    mimeType,
  }: { readonly origin: string; readonly isEncoded: boolean; readonly mimeType: string | null | undefined },
): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name, value] = [headers[i]!, headers[i + 1]!];
    // A proxy may keep what went over the wire: then it still is what the header says.
    const isKept = isEncoded && /^content-encoding$/i.test(name) && /gzip/i.test(value);
    if (framing.test(name) && !isKept) continue;
    kept.push(name, references.test(name) && value.startsWith(`${origin}/`) ? value.slice(origin.length) : value);
  }
  // Recorders that have no headers at all still know the type.
  if (mimeType?.includes('/') && headerValue(kept, 'content-type') === undefined) kept.push('content-type', mimeType);
  return kept;
}
