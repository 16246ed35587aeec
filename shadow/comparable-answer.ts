import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { headerValues, type HttpAnswer } from '../src/kernel/exchange.ts';

export type BodyKind = 'json' | 'text' | 'binary';

/** An answer in the form in which two of them can be compared. */
export interface ReadableAnswer {
  readonly status: number;
  /** The compared headers by name; undefined where the answer has none. */
  readonly headers: ReadonlyMap<string, string | undefined>;
  readonly kind: BodyKind;
  /** Without its content coding. */
  readonly body: Uint8Array;
  /** Present for JSON and text whose bytes are valid in their charset. */
  readonly text: string | undefined;
}

export type UnreadableReason =
  /** Larger than the limit once it is decoded. */
  | 'too-large'
  /** Its content coding is not known, or the body is not what the coding says. */
  | 'undecodable';

export type ComparableAnswer =
  | { readonly ok: true; readonly answer: ReadableAnswer }
  | { readonly ok: false; readonly reason: UnreadableReason };

export const maxDecodedBytes = 4 * 1024 * 1024;

/** Decodes an answer and picks what is compared of it. */
export function toComparable(answer: HttpAnswer, comparedHeaders: readonly string[]): ComparableAnswer {
  const decoded = decodeBody(answer);
  if (!(decoded instanceof Uint8Array)) return { ok: false, reason: decoded };
  const type = mediaTypeOf(answer);
  const text = type.kind === 'binary' ? undefined : decodeText(decoded, type.charset);
  const headers = new Map(comparedHeaders.map((name) => [name, comparedHeader(answer, name)]));
  const kind = text === undefined ? 'binary' : type.kind;
  return { ok: true, answer: { status: answer.status, headers, kind, body: decoded, text } };
}

/** A header in the form that is compared: for content-type what it means, for others their lines. */
export function comparedHeader(answer: HttpAnswer, name: string): string | undefined {
  const values = headerValues(answer.headers, name);
  if (values.length === 0) return undefined;
  if (name === 'content-type') return describeMediaType(mediaTypeOf(answer));
  // Lines stay apart: a comma is an ordinary character in Date and in Set-Cookie.
  return values.map((value) => value.trim()).join('\n');
}

interface MediaType {
  readonly type: string;
  readonly charset: string | undefined;
  readonly kind: BodyKind;
}

function mediaTypeOf(answer: HttpAnswer): MediaType {
  const [type = '', ...parameters] = (headerValues(answer.headers, 'content-type').at(-1) ?? '').split(';');
  const name = type.trim().toLowerCase();
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(parameter)?.[1]?.toLowerCase())
    .find((value) => value !== undefined);
  return { type: name, charset: charset === 'utf8' ? 'utf-8' : charset, kind: kindOf(name) };
}

function kindOf(type: string): BodyKind {
  if (/^(application|text)\/json$|^[^/]+\/[^/]+\+json$/.test(type)) return 'json';
  if (/^text\/|^application\/(javascript|xml|x-www-form-urlencoded)$|\+xml$/.test(type)) return 'text';
  return 'binary';
}

function describeMediaType({ type, charset, kind }: MediaType): string {
  // JSON is UTF-8 whether it says so or not.
  const isImplied = charset === undefined || (kind === 'json' && charset === 'utf-8');
  return isImplied ? type : `${type}; charset=${charset}`;
}

function decodeText(body: Uint8Array, charset: string | undefined): string | undefined {
  try {
    return new TextDecoder(charset ?? 'utf-8', { fatal: true }).decode(body);
  } catch {
    // Not text in the charset it claims; it is compared byte by byte.
    return undefined;
  }
}

function decodeBody(answer: HttpAnswer): Uint8Array | UnreadableReason {
  const codings = headerValues(answer.headers, 'content-encoding')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  let body = answer.body;
  if (body.byteLength === 0) return body;
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

const limit = { maxOutputLength: maxDecodedBytes };
const decoders = new Map<string, (body: Uint8Array) => Uint8Array>([
  ['gzip', (body) => gunzipSync(body, limit)],
  ['x-gzip', (body) => gunzipSync(body, limit)],
  ['br', (body) => brotliDecompressSync(body, limit)],
  // What the standard calls deflate has a zlib frame; some servers leave it out. Its first byte tells them apart.
  ['deflate', (body) => ((body[0]! & 0x0f) === 0x08 ? inflateSync(body, limit) : inflateRawSync(body, limit))],
]);
