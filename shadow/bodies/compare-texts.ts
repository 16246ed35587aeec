import type { Difference } from '../../src/kernel/verdict.ts';
import type { ReadableAnswer } from '../comparable-answer.ts';
import { displayText } from '../display-text.ts';
import type { Redactor } from '../redact.ts';

export interface TextRules {
  readonly redactor: Redactor;
  /** Rules for paths cannot be applied to a body without paths, so the strict reading holds. */
  readonly critical: boolean;
  /** Redact rules name paths, and a text without paths may hold the same data: only its size and keyed hash are shown. */
  readonly isHidden: boolean;
}

/**
 * Where two bodies without paths differ, which their bytes do: the first place where what they say differs (`body`), or, where
 * they say the same, that lines end otherwise (`body line ends`) and that a last line end is missing (`body final newline`).
 * Empty: the same text in two charsets, which is the business of the header.
 */
export function textDifferences(legacy: ReadableAnswer, candidate: ReadableAnswer, rules: TextRules): Difference[] {
  const [ours, theirs] = [legacy.text, candidate.text];
  if (ours === undefined || theirs === undefined) return [binaryDifference(legacy, candidate, rules)];
  if (ours === theirs) return [];
  const [left, right] = [withoutLineEnds(ours), withoutLineEnds(theirs)];
  if (left === right) return lineEndDifferences(ours, theirs, rules);
  const first = firstDifference(left, right);
  const shown = (answer: ReadableAnswer, text: string): string =>
    rules.isHidden ? hashOf(answer, rules) : excerpt(text, first, rules.redactor);
  const at = `body, ${placeIn(left, first)}`;
  return [{ ...differing('body', at, rules), legacy: shown(legacy, left), candidate: shown(candidate, right) }];
}

function binaryDifference(legacy: ReadableAnswer, candidate: ReadableAnswer, rules: TextRules): Difference {
  const at = `body, byte ${firstDifference(legacy.body, candidate.body)}`;
  return { ...differing('body', at, rules), legacy: hashOf(legacy, rules), candidate: hashOf(candidate, rules) };
}

function differing(path: string, at: string, { critical }: TextRules): Omit<Difference, 'legacy' | 'candidate'> {
  return { kind: 'body', path, at, critical };
}

function hashOf({ body }: ReadableAnswer, { redactor }: TextRules): string {
  return `${body.byteLength} bytes ${redactor.hash(Buffer.from(body).toString('base64'))}`;
}

/** Lines end in LF, and the last one does not end. */
function withoutLineEnds(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, '\n');
  return lines.endsWith('\n') ? lines.slice(0, -1) : lines;
}

/** Of two texts with the same lines, so that only the last one of either may lack its end. */
function lineEndDifferences(legacy: string, candidate: string, rules: TextRules): Difference[] {
  const found: Difference[] = [];
  const [ours, theirs] = [lineEnds(legacy), lineEnds(candidate)];
  for (let line = 1; ; line += 1) {
    const left: LineEnd | undefined = ours.next().value;
    const right: LineEnd | undefined = theirs.next().value;
    const isLast = left === undefined || right === undefined;
    if (left !== right && (isLast || found.length === 0)) {
      const path = isLast ? 'body final newline' : 'body line ends';
      found.push({ ...differing(path, `${path}, line ${line}`, rules), legacy: left, candidate: right });
    }
    if (isLast) return found;
  }
}

type LineEnd = 'CRLF' | 'LF' | 'CR';

/** How each line ends, one that does not end left out. */
function* lineEnds(text: string): Generator<LineEnd, undefined> {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) yield 'LF';
    else if (code === 0x0d) {
      const isPair = text.charCodeAt(at + 1) === 0x0a;
      if (isPair) at += 1;
      yield isPair ? 'CRLF' : 'CR';
    }
  }
  return undefined;
}

function placeIn(text: string, at: number): string {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `line ${line}, character ${at - lineStart + 1}`;
}

/** A piece of text around a place. */
function excerpt(text: string, at: number, redactor: Redactor): string {
  // Personal data is looked for in a wider piece than is shown, so that none is cut in two and missed.
  const wide = text.slice(Math.max(0, at - 1_000), at + 1_000);
  const before = redactor.text(wide.slice(0, Math.min(at, 1_000)));
  const shown = redactor.text(wide).slice(Math.max(0, before.length - 40), before.length + 100);
  return displayText(JSON.stringify(shown), redactor);
}

function firstDifference(a: string | Uint8Array, b: string | Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}
