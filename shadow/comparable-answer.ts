import { isUtf8 } from 'node:buffer';
import { headerValues, type HttpAnswer } from '../src/kernel/exchange.ts';
import { isUnsaidJson } from './bodies/unsaid-json.ts';
import { decodeBody, type UnreadableReason } from './decode-body.ts';
import { decodeText } from './decode-text.ts';
import { meaningOfHeader } from './headers/header-meaning.ts';
import type { AskedUrl } from './headers/url-reference.ts';
import { describeMediaType, mediaTypeOf, type BodyKind, type MediaType } from './media-type.ts';

/** An answer in the form in which two of them can be compared. */
export interface ReadableAnswer {
  readonly status: number;
  /** The compared headers by name; undefined where the answer has none. */
  readonly headers: ReadonlyMap<string, string | undefined>;
  readonly kind: BodyKind;
  readonly type: MediaType;
  /** Without its content coding. */
  readonly body: Uint8Array;
  /** Present for what is text and whose bytes are valid in their charset. */
  readonly text: string | undefined;
}

export type ComparableAnswer =
  | { readonly ok: true; readonly answer: ReadableAnswer }
  | { readonly ok: false; readonly reason: UnreadableReason };

/** Decodes an answer and picks what is compared of it. */
export function toComparable(
  answer: HttpAnswer,
  comparedHeaders: readonly string[],
  asked: AskedUrl | undefined,
): ComparableAnswer {
  const decoded = decodeBody(answer);
  if (!(decoded instanceof Uint8Array)) return { ok: false, reason: decoded };
  const type = mediaTypeOf(answer);
  const headers = new Map(comparedHeaders.map((name) => [name, comparedHeader(answer, name, asked)]));
  const common = { status: answer.status, headers, type, body: decoded };
  if (type.kind === 'json' && isUtf8(decoded)) return { ok: true, answer: new JsonAnswer(common) };
  if (isUnsaidJson(type, decoded)) {
    return { ok: true, answer: new JsonAnswer({ ...common, type: { ...type, kind: 'json' } }) };
  }
  const hasText = type.kind !== 'binary' && type.kind !== 'multipart';
  const text = hasText ? decodeText(decoded, type) : undefined;
  const kind = hasText && text === undefined ? 'binary' : type.kind;
  return { ok: true, answer: { ...common, kind, text } };
}

/** Most are found to be equal without their text, which takes as long to make as it takes to find that. */
class JsonAnswer implements ReadableAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string | undefined>;
  readonly kind = 'json';
  readonly type: MediaType;
  readonly body: Uint8Array;
  #text: string | undefined;

  constructor({ status, headers, type, body }: Omit<ReadableAnswer, 'kind' | 'text'>) {
    this.status = status;
    this.headers = headers;
    this.type = type;
    this.body = body;
  }

  get text(): string | undefined {
    return (this.#text ??= decodeText(this.body, this.type));
  }
}

/** A header in the form that is compared: where it is known what it means that, else its lines. */
export function comparedHeader(answer: HttpAnswer, name: string, asked: AskedUrl | undefined): string | undefined {
  const values = headerValues(answer.headers, name);
  if (values.length === 0) return undefined;
  if (name === 'content-type') return describeMediaType(mediaTypeOf(answer));
  return meaningOfHeader(
    name,
    values.map((value) => value.trim()),
    asked,
  );
}
