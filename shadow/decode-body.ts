import * as zlib from 'node:zlib';
import { headerValues, type HttpAnswer } from '../src/kernel/exchange.ts';

export type UnreadableReason =
  /** Larger than the limit once it is decoded. */
  | 'too-large'
  /** Its content coding is not known, or the body is not what the coding says. */
  | 'undecodable';

export const maxDecodedBytes = 4 * 1024 * 1024;
/** More codings on top of each other than anybody means. */
const MAX_CODINGS = 4;

const limit = { maxOutputLength: maxDecodedBytes };
type Decode = (body: Uint8Array) => Uint8Array;

const decoders = new Map<string, Decode>([
  ['gzip', (body) => zlib.gunzipSync(body, limit)],
  ['x-gzip', (body) => zlib.gunzipSync(body, limit)],
  ['br', (body) => zlib.brotliDecompressSync(body, limit)],
  // What the standard calls deflate has a zlib frame; some servers leave it out. Its first byte tells them apart.
  [
    'deflate',
    (body) => ((body[0]! & 0x0f) === 0x08 ? zlib.inflateSync(body, limit) : zlib.inflateRawSync(body, limit)),
  ],
]);
const zstd = zstdDecoder();
if (zstd) decoders.set('zstd', zstd);

/** Node has zstd since 22.15 and 23.8. */
function zstdDecoder(): Decode | undefined {
  const decode: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  if (typeof decode !== 'function') return undefined;
  return (body) => decode(body, limit) as Uint8Array;
}

/** A body without its content codings (RFC 9110 section 8.4), which were applied in the order they are listed. */
export function decodeBody(answer: HttpAnswer): Uint8Array | UnreadableReason {
  const codings = headerValues(answer.headers, 'content-encoding')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  let body = answer.body;
  if (body.byteLength === 0) return body;
  if (codings.length > MAX_CODINGS) return 'undecodable';
  for (const coding of codings.toReversed()) {
    const decode = decoders.get(coding);
    if (!decode) return 'undecodable';
    try {
      body = decode(body);
    } catch (error) {
      return error instanceof RangeError ? 'too-large' : 'undecodable';
    }
  }
  return body.byteLength > maxDecodedBytes ? 'too-large' : body;
}
