import { createHash } from 'node:crypto';
import type { NormalizedCompareRules } from '../src/config/normalized-config.ts';
import type { HttpAnswer } from '../src/kernel/exchange.ts';
import type { Difference } from '../src/kernel/verdict.ts';
import {
  comparedHeader,
  toComparable,
  type ComparableAnswer,
  type ReadableAnswer,
  type UnreadableReason,
} from './comparable-answer.ts';
import { displayText } from './display-text.ts';
import { compareJson } from './json/compare-json.ts';
import { digestJson } from './json/digest-json.ts';
import { parseJson, type JsonFault, type ParsedJson } from './json/parse-json.ts';
import { compilePathRules, type RulesAt } from './path-rules.ts';
import type { Redactor } from './redact.ts';

export type IncomparableReason = UnreadableReason | Exclude<JsonFault, 'not-json'>;

export type Comparison =
  | { readonly outcome: 'equal' }
  | {
      readonly outcome: 'different';
      readonly differences: readonly Difference[];
      readonly critical: boolean;
      readonly truncated: boolean;
    }
  | { readonly outcome: 'undetermined'; readonly reason: IncomparableReason };

const equal: Comparison = { outcome: 'equal' };

/**
 * Compares answers under the rules of one feature. Identical answers are never parsed to be compared. What it lists is
 * redacted. Nothing here does I/O.
 */
export class AnswerComparer {
  readonly #rules: NormalizedCompareRules;
  readonly #root: RulesAt;
  readonly #redactor: Redactor;
  readonly #comparable = new WeakMap<HttpAnswer, ComparableAnswer>();
  readonly #parsed = new WeakMap<ReadableAnswer, ParsedJson>();

  /** Throws a SyntaxError when a path of the rules cannot be read. */
  constructor(rules: NormalizedCompareRules, redactor: Redactor) {
    this.#rules = rules;
    this.#root = compilePathRules(rules);
    this.#redactor = redactor;
  }

  compare(legacy: HttpAnswer, candidate: HttpAnswer): Comparison {
    if (this.#isIdentical(legacy, candidate)) return equal;
    if (legacy.status !== candidate.status) return different([statusDifference(legacy.status, candidate.status)]);
    const ours = this.#toComparable(legacy);
    const theirs = this.#toComparable(candidate);
    if (!ours.ok) return { outcome: 'undetermined', reason: ours.reason };
    if (!theirs.ok) return { outcome: 'undetermined', reason: theirs.reason };
    const headers = this.#headerDifferences(ours.answer, theirs.answer);
    const bodies = this.#compareBodies(ours.answer, theirs.answer);
    if (bodies.outcome === 'undetermined') return bodies;
    if (bodies.outcome === 'equal') return headers.length === 0 ? equal : different(headers);
    return different([...headers, ...bodies.differences], bodies.truncated);
  }

  /**
   * Digest of what an answer means under the rules: the same for two answers that only differ in what is not compared.
   * An answer that cannot be read has the digest of its bytes.
   */
  digest(answer: HttpAnswer): Buffer {
    const hash = createHash('sha256').update(`${answer.status}\n`);
    for (const name of this.#rules.headers) hash.update(`${name}:${comparedHeader(answer, name) ?? ''}\n`);
    const comparable = this.#toComparable(answer);
    if (!comparable.ok) return hash.update(answer.body).digest();
    const parsed = this.#toJson(comparable.answer);
    return hash.update(parsed?.ok ? digestJson(parsed.value, this.#root) : comparable.answer.body).digest();
  }

  #isIdentical(a: HttpAnswer, b: HttpAnswer): boolean {
    return (
      a.status === b.status &&
      Buffer.compare(a.body, b.body) === 0 &&
      ['content-encoding', ...this.#rules.headers].every((name) => comparedHeader(a, name) === comparedHeader(b, name))
    );
  }

  #toComparable(answer: HttpAnswer): ComparableAnswer {
    let comparable = this.#comparable.get(answer);
    if (!comparable) {
      comparable = toComparable(answer, this.#rules.headers);
      this.#comparable.set(answer, comparable);
    }
    return comparable;
  }

  #toJson(answer: ReadableAnswer): ParsedJson | undefined {
    if (answer.kind !== 'json' || answer.text === undefined) return undefined;
    let parsed = this.#parsed.get(answer);
    if (!parsed) {
      parsed = parseJson(answer.text);
      this.#parsed.set(answer, parsed);
    }
    return parsed;
  }

  #headerDifferences(legacy: ReadableAnswer, candidate: ReadableAnswer): Difference[] {
    return this.#rules.headers.flatMap((name) => {
      const [ours, theirs] = [legacy.headers.get(name), candidate.headers.get(name)];
      if (ours === theirs) return [];
      const path = `header ${name}`;
      return [
        { kind: 'header', path, at: path, legacy: this.#shown(ours), candidate: this.#shown(theirs), critical: false },
      ];
    });
  }

  #compareBodies(legacy: ReadableAnswer, candidate: ReadableAnswer): Comparison {
    if (Buffer.compare(legacy.body, candidate.body) === 0) return equal;
    const ours = this.#toJson(legacy);
    const theirs = this.#toJson(candidate);
    for (const parsed of [ours, theirs]) {
      if (parsed && !parsed.ok && parsed.fault !== 'not-json') return { outcome: 'undetermined', reason: parsed.fault };
    }
    if (!ours?.ok || !theirs?.ok) return this.#compareTexts(legacy, candidate);
    const compared = compareJson(ours.value, theirs.value, this.#root, this.#redactor);
    return compared.outcome === 'different' ? different(compared.differences, compared.truncated) : compared;
  }

  #compareTexts(legacy: ReadableAnswer, candidate: ReadableAnswer): Comparison {
    // The same text in two charsets is the same text; that the charsets differ is the business of the header.
    if (legacy.text !== undefined && legacy.text === candidate.text) return equal;
    const first = firstDifference(legacy.text ?? '', candidate.text ?? '');
    return different([
      {
        kind: 'body',
        path: 'body',
        at: `body, character ${first}`,
        legacy: this.#excerpt(legacy, first),
        candidate: this.#excerpt(candidate, first),
        // Rules for paths cannot be applied to a body without paths, so the strict reading holds.
        critical: this.#root.critical,
      },
    ]);
  }

  /** A piece of text around a place. Where redact rules name paths, a text without paths may hold the same data. */
  #excerpt(answer: ReadableAnswer, at: number): string {
    const size = `${answer.body.byteLength} bytes`;
    if (answer.text === undefined || this.#rules.redact.length > 0) {
      return `${size} ${this.#redactor.hash(Buffer.from(answer.body).toString('base64'))}`;
    }
    // Personal data is looked for in a wider piece than is shown, so that none is cut in two and missed.
    const wide = answer.text.slice(Math.max(0, at - 1_000), at + 1_000);
    const before = this.#redactor.text(wide.slice(0, Math.min(at, 1_000)));
    const shown = this.#redactor.text(wide).slice(Math.max(0, before.length - 40), before.length + 100);
    return displayText(JSON.stringify(shown), this.#redactor);
  }

  #shown(header: string | undefined): string | undefined {
    return header === undefined ? undefined : displayText(JSON.stringify(header), this.#redactor);
  }
}

function different(differences: readonly Difference[], truncated = false): Comparison {
  const critical = differences.some((difference) => difference.critical);
  return { outcome: 'different', differences, critical, truncated };
}

const refusals = new Set([401, 403, 404]);

function statusDifference(legacy: number, candidate: number): Difference {
  const critical = refusals.has(legacy) && candidate >= 200 && candidate < 300;
  return {
    kind: 'status',
    path: 'status',
    at: 'status',
    legacy: String(legacy),
    candidate: String(candidate),
    critical,
  };
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return at;
}
