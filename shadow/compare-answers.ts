import { createHash } from 'node:crypto';
import type { NormalizedCompareRules } from '../src/config/normalized-config.ts';
import type { HttpAnswer } from '../src/kernel/exchange.ts';
import type { Difference } from '../src/kernel/verdict.ts';
import { textDifferences } from './bodies/compare-texts.ts';
import { withoutImpliedOrder } from './bodies/implied-order.ts';
import { isOfElements, readBody } from './bodies/read-body.ts';
import { treeToJson } from './bodies/tree-json.ts';
import { isCoveredBy } from './bodies/uncovered-redaction.ts';
import { comparedHeader, toComparable, type ComparableAnswer, type ReadableAnswer } from './comparable-answer.ts';
import { cursorPaths, maskCursors, type CursorPath, type CursorToken } from './cursors/mask-cursors.ts';
import type { UnreadableReason } from './decode-body.ts';
import { displayText } from './display-text.ts';
import type { AskedUrl } from './headers/url-reference.ts';
import { compareJson } from './json/compare-json.ts';
import { digestJson } from './json/digest-json.ts';
import type { JsonValue } from './json/json-value.ts';
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
  /** The same rules where everything is personal. */
  readonly #hiding: RulesAt;
  readonly #redactor: Redactor;
  readonly #cursors: readonly CursorPath[];
  readonly #tokens = new WeakMap<ReadableAnswer, ReadonlyMap<string, CursorToken>>();
  readonly #comparable = new WeakMap<HttpAnswer, ComparableAnswer>();
  readonly #parsed = new WeakMap<ReadableAnswer, ParsedJson>();

  /** Throws a SyntaxError when a path of the rules cannot be read. */
  constructor(rules: NormalizedCompareRules, redactor: Redactor) {
    this.#rules = rules;
    this.#root = compilePathRules(rules);
    this.#hiding = compilePathRules({ ...rules, redact: ['$'] });
    this.#redactor = redactor;
    this.#cursors = cursorPaths(rules.cursors);
  }

  /** `asked`: the question of both. Without it, references in headers are compared as they are written. */
  compare(legacy: HttpAnswer, candidate: HttpAnswer, asked?: AskedUrl): Comparison {
    if (this.#isIdentical(legacy, candidate, asked)) return equal;
    if (legacy.status !== candidate.status) return different([statusDifference(legacy.status, candidate.status)]);
    const ours = this.#toComparable(legacy, asked);
    const theirs = this.#toComparable(candidate, asked);
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
  digest(answer: HttpAnswer, asked?: AskedUrl): Buffer {
    const hash = createHash('sha256').update(`${answer.status}\n`);
    for (const name of this.#rules.headers) hash.update(`${name}:${comparedHeader(answer, name, asked) ?? ''}\n`);
    const comparable = this.#toComparable(answer, asked);
    if (!comparable.ok) return hash.update(answer.body).digest();
    const parsed = this.#toJson(comparable.answer);
    return hash.update(parsed?.ok ? digestJson(parsed.value, this.#root) : comparable.answer.body).digest();
  }

  /** The tokens in an answer, by their exact place. Empty for what cannot be read. */
  cursorsOf(answer: HttpAnswer): ReadonlyMap<string, CursorToken> {
    const comparable = this.#toComparable(answer, undefined);
    if (!comparable.ok) return new Map();
    this.#toJson(comparable.answer);
    return this.#tokens.get(comparable.answer) ?? new Map();
  }

  #withoutTokens(answer: ReadableAnswer, parsed: ParsedJson): ParsedJson {
    if (!parsed.ok || this.#cursors.length === 0) return parsed;
    const { value, tokens } = maskCursors(parsed.value, this.#cursors);
    this.#tokens.set(answer, tokens);
    return { ok: true, value };
  }

  #isIdentical(a: HttpAnswer, b: HttpAnswer, asked: AskedUrl | undefined): boolean {
    return (
      a.status === b.status &&
      Buffer.compare(a.body, b.body) === 0 &&
      ['content-encoding', ...this.#rules.headers].every(
        (name) => comparedHeader(a, name, asked) === comparedHeader(b, name, asked),
      )
    );
  }

  #toComparable(answer: HttpAnswer, asked: AskedUrl | undefined): ComparableAnswer {
    let comparable = this.#comparable.get(answer);
    if (!comparable) {
      comparable = toComparable(answer, this.#rules.headers, asked);
      this.#comparable.set(answer, comparable);
    }
    return comparable;
  }

  /** Undefined: a body of this type has no paths. */
  #toJson(answer: ReadableAnswer): ParsedJson | undefined {
    if (answer.kind === 'text' || answer.kind === 'binary') return undefined;
    let parsed = this.#parsed.get(answer);
    if (!parsed) {
      parsed = this.#withoutTokens(
        answer,
        answer.kind === 'json' ? parseJson(answer.text ?? '') : this.#readTree(answer),
      );
      this.#parsed.set(answer, parsed);
    }
    return parsed;
  }

  #readTree(answer: ReadableAnswer): ParsedJson {
    const tree = readBody(answer);
    if (tree === undefined) return { ok: false, fault: 'not-json' };
    return { ok: true, value: treeToJson(tree, this.#root, isOfElements(answer)) };
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
    if (!ours?.ok || !theirs?.ok || legacy.kind !== candidate.kind) return this.#compareTexts(legacy, candidate);
    const rules = this.#rulesFor(legacy, ours.value, theirs.value);
    const compared = compareJson(ours.value, theirs.value, rules, this.#redactor);
    if (compared.outcome !== 'different') return compared;
    const { differences, truncated } = compared;
    return different(isOfElements(legacy) ? withoutImpliedOrder(differences) : differences, truncated);
  }

  #rulesFor({ kind }: ReadableAnswer, legacy: JsonValue, candidate: JsonValue): RulesAt {
    const { redact } = this.#rules;
    return kind === 'json' || redact.length === 0 || isCoveredBy(redact, legacy, candidate) ? this.#root : this.#hiding;
  }

  #compareTexts(legacy: ReadableAnswer, candidate: ReadableAnswer): Comparison {
    const isHidden = this.#rules.redact.length > 0;
    const found = textDifferences(legacy, candidate, {
      redactor: this.#redactor,
      critical: this.#root.critical,
      isHidden,
    });
    return found.length === 0 ? equal : different(found);
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
