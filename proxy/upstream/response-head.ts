import type { RawHeaders } from '../../src/kernel/exchange.ts';

/** The start of a response as it came: nothing folded together, nothing left out. */
export interface ResponseHead {
  readonly status: number;
  readonly message: string;
  /** Names and values in turn, as latin1 text. */
  readonly headers: RawHeaders;
  readonly framing: BodyFraming;
  /** Whether the connection may carry another request once the body has ended. */
  readonly keepsAlive: boolean;
  /** Seconds that the upstream says it keeps an idle connection (`Keep-Alive: timeout=`). */
  readonly keepAliveSeconds: number | undefined;
  /** An answer that goes on for as long as the client cares and is silent for as long as there is nothing to say. */
  readonly isEventStream: boolean;
}

/** How the end of a body is found (RFC 9112 section 6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** The upstream said something that two readers could understand differently, or that is no HTTP/1 at all. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const headerName = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\0-\x08\v\f\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

const eventStream = /^text\/event-stream\b/i;

const noBody: BodyFraming = { kind: 'none' };
const chunked: BodyFraming = { kind: 'chunked' };
const untilClose: BodyFraming = { kind: 'until-close' };

/**
 * Reads a head: the status line and headers, without the empty line that ends them. Strict where a lenient reading would
 * open a hole (RFC 9112 sections 4, 5, 6; the same line as llhttp's strict mode): throws MalformedResponse.
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  if (controls.test(text)) throw new MalformedResponse('the head holds a control character');
  const lineEnd = endOfLine(text, 0);
  const start = statusLine.exec(text.slice(0, lineEnd));
  if (!start) throw new MalformedResponse(`no status line: ${JSON.stringify(text.slice(0, Math.min(lineEnd, 60)))}`);
  const status = Number(start[2]);
  let headers = parseHeaderLines(text, lineEnd + 2);

  let length: number | undefined;
  let coding: string | undefined;
  let keepAliveSeconds: number | undefined;
  let isEventStream = false;
  let isLengthRepeated = false;
  let keepsAlive = start[1] === '1';
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1]!;
    switch (nameOfInterest(headers[i]!)) {
      case 'content-length':
        isLengthRepeated ||= length !== undefined || value.includes(',');
        length = lengthOf(value, length);
        break;
      case 'transfer-encoding':
        coding = coding === undefined ? value : `${coding}, ${value}`;
        break;
      case 'connection':
        if (value === 'keep-alive') keepsAlive = true;
        else if (/(?:^|[\s,])close(?:$|[\s,])/i.test(value)) keepsAlive = false;
        else if (/(?:^|[\s,])keep-alive(?:$|[\s,])/i.test(value)) keepsAlive = true;
        break;
      case 'content-type':
        isEventStream = eventStream.test(value);
        break;
      case 'keep-alive':
        keepAliveSeconds = secondsOf(value);
        break;
      default:
    }
  }
  if (isLengthRepeated) headers = withOneLength(headers, length!);
  const framing = framingOf({ status, method, length, coding });
  if (framing.kind === 'until-close') keepsAlive = false;
  return { status, message: start[3] ?? '', headers, framing, keepsAlive, keepAliveSeconds, isEventStream };
}

/** Header lines from `at` on, as names and values in turn; a folded value becomes one line (RFC 9112 section 5.2). */
export function parseHeaderLines(text: string, at: number): string[] {
  const headers: string[] = [];
  for (let from = at; from < text.length;) {
    const end = endOfLine(text, from);
    const first = text.charCodeAt(from);
    if (first === 32 || first === 9) {
      if (headers.length === 0) throw new MalformedResponse('the first header line begins with white space');
      const last = headers.length - 1;
      headers[last] = trimmed(`${headers[last]} ${trimmed(text.slice(from, end))}`);
    } else {
      const colon = text.indexOf(':', from);
      const name = text.slice(from, colon === -1 || colon > end ? end : colon);
      if (colon === -1 || colon > end || !headerName.test(name)) {
        throw new MalformedResponse(`no header line: ${JSON.stringify(text.slice(from, Math.min(end, from + 60)))}`);
      }
      headers.push(name, trimmed(text.slice(colon + 1, end)));
    }
    from = end + 2;
  }
  return headers;
}

/** Without white space around it (RFC 9110 section 5.6.3). `trim` would take the last byte of a UTF-8 `à` for some. */
function trimmed(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isBlank(value.charCodeAt(from))) from += 1;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to -= 1;
  return value.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end === -1 ? text.length : end;
}

/** Only names of these lengths are worth lower case; this runs for every header of every answer. */
function nameOfInterest(name: string): string | undefined {
  const { length } = name;
  return length === 10 || length === 12 || length === 14 || length === 17 ? name.toLowerCase() : undefined;
}

/** Repetitions of one length are one length; anything else could end the body in two places. */
function lengthOf(value: string, before: number | undefined): number {
  let length = before;
  for (const part of value.split(',')) {
    const digits = trimmed(part);
    const bytes = /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
    if (bytes === undefined || (length !== undefined && bytes !== length)) {
      throw new MalformedResponse(`a Content-Length of ${JSON.stringify(value)}`);
    }
    length = bytes;
  }
  return length!;
}

/** Whoever reads the answer after us may not forgive a length that is said twice (RFC 9110 section 8.6). */
function withOneLength(headers: readonly string[], bytes: number): string[] {
  const kept: string[] = [];
  let isSaid = false;
  for (let i = 0; i < headers.length; i += 2) {
    const isLength = headers[i]!.toLowerCase() === 'content-length';
    if (!isLength) kept.push(headers[i]!, headers[i + 1]!);
    else if (!isSaid) kept.push(headers[i]!, String(bytes));
    isSaid ||= isLength;
  }
  return kept;
}

function secondsOf(value: string): number | undefined {
  const found = /(?:^|[\s,])timeout=(\d{1,6})(?:$|[\s,])/i.exec(value);
  return found ? Number(found[1]) : undefined;
}

interface FramingInput {
  readonly status: number;
  readonly method: string;
  readonly length: number | undefined;
  readonly coding: string | undefined;
}

function framingOf({ status, method, length, coding }: FramingInput): BodyFraming {
  // What these claim about a body is about the one that another request would have got.
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return noBody;
  if (coding !== undefined) {
    if (length !== undefined) throw new MalformedResponse('both Content-Length and Transfer-Encoding');
    if (coding.toLowerCase() !== 'chunked') {
      throw new MalformedResponse(`a Transfer-Encoding of ${JSON.stringify(coding)}`);
    }
    return chunked;
  }
  if (length === undefined) return untilClose;
  return length === 0 ? noBody : { kind: 'length', bytes: length };
}
