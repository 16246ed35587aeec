import { createHash } from 'node:crypto';
import type { NormalizedCompareRules } from '../src/config/compare-rules.ts';
import { rulesOfRoute, type RulesOfRoute } from '../src/config/rule-list.ts';
import { parsePath, type PatternStep } from '../src/config/rule-path.ts';
import { headerValue, headerValues, type HttpAnswer } from '../src/kernel/exchange.ts';
import type { Difference } from '../src/kernel/verdict.ts';
import { textDifferences } from './bodies/compare-texts.ts';
import { withoutImpliedOrder } from './bodies/implied-order.ts';
import { isOfElements, readBody } from './bodies/read-body.ts';
import { ruledColumns } from './bodies/ruled-columns.ts';
import { withoutSecretInputs } from './bodies/secret-inputs.ts';
import { treeToJson } from './bodies/tree-json.ts';
import { isCoveredBy } from './bodies/uncovered-redaction.ts';
import { comparedHeader, toComparable, type ComparableAnswer, type ReadableAnswer } from './comparable-answer.ts';
import { cursorPaths, maskCursors, type CursorPath, type CursorToken } from './cursors/mask-cursors.ts';
import type { UnreadableReason } from './decode-body.ts';
import { displayText } from './display-text.ts';
import type { RuledBody } from './facts/body-facts.ts';
import { comparedHeaders } from './headers/compared-headers.ts';
import { GuardingRules } from './guarding-rules.ts';
import { displayHeader } from './headers/display-header.ts';
import type { AskedUrl } from './headers/url-reference.ts';
import { compareJson } from './json/compare-json.ts';
import { PlainEquality } from './json/plain-equality.ts';
import { DifferingParts } from './json/differing-parts.ts';
import { digestJson } from './json/digest-json.ts';
import { findForeign } from './json/find-foreign.ts';
import { findHidden, type Hidden } from './json/find-hidden.ts';
import type { JsonValue } from './json/json-value.ts';
import { movesOf, moveValues, type NamedMove } from './json/move-values.ts';
import { parseJson, type JsonFault, type ParsedJson } from './json/parse-json.ts';
import { TextFollower } from './json/text-follower.ts';
import type { PlaceStep } from './json-path.ts';
import { mediaTypeOf } from './media-type.ts';
import { compilePathRules, noRules, type RulesAt } from './path-rules.ts';
import type { Redactor } from './redact.ts';
import { revealsRefused } from './refusals.ts';

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

interface BothValues {
  readonly legacy: JsonValue;
  readonly candidate: JsonValue;
}

const follower = new TextFollower();
const differingParts = new DifferingParts(follower);
const plainEquality = new PlainEquality(follower);
const equal: Comparison = { outcome: 'equal' };

/**
 * Compares answers under the rules of one feature, or of one of its routes. Identical answers are never parsed to be compared. What it lists is
 * redacted. Nothing here does I/O.
 */
export class AnswerComparer {
  readonly #rules: RulesOfRoute;
  readonly #redact: readonly string[];
  readonly #owners: readonly (readonly PatternStep[])[];
  readonly #moves: readonly NamedMove[];
  readonly #guarding: GuardingRules;
  readonly #root: RulesAt;
  /** Some rule needs the whole of both bodies. */
  readonly #looksAtAll: boolean;
  /** Those under which bodies can be found equal as they came: none where rules look at the whole of both. */
  readonly #plain: RulesAt;
  /** The same rules where everything is personal. */
  readonly #hiding: RulesAt;
  readonly #redactor: Redactor;
  readonly #isColumn: (name: string) => boolean;
  readonly #cursors: readonly CursorPath[];
  readonly #tokens = new WeakMap<ReadableAnswer, ReadonlyMap<string, CursorToken>>();
  readonly #comparable = new WeakMap<HttpAnswer, ComparableAnswer>();
  readonly #digests = new WeakMap<HttpAnswer, Buffer>();
  readonly #parts = new WeakMap<ReadableAnswer, WeakMap<ReadableAnswer, BothValues>>();
  /** With everything where the candidate has it. */
  readonly #parsed = new WeakMap<ReadableAnswer, ParsedJson>();
  /** Ids of the rules that moved something. */
  readonly #moved = new WeakMap<ReadableAnswer, ReadonlySet<string>>();

  /** Throws a SyntaxError when a path of the rules cannot be read. */
  constructor(compare: NormalizedCompareRules, redactor: Redactor, route?: string) {
    const { rules, headers } = rulesOfRoute(compare, route);
    const pathsOf = (kind: 'redact' | 'owner'): string[] =>
      rules.filter((rule) => rule.kind === kind).map(({ path }) => path);
    this.#rules = { rules, headers };
    this.#redact = pathsOf('redact');
    this.#owners = pathsOf('owner').map(parsePath);
    this.#moves = movesOf(rules);
    this.#guarding = new GuardingRules(rules);
    this.#root = compilePathRules(rules);
    this.#hiding = compilePathRules(rulesOfRoute({ ...compare, redact: ['$', ...this.#redact] }, route).rules);
    this.#redactor = redactor;
    const columns = ruledColumns(rules);
    this.#isColumn = (name) => columns.has(name) || redactor.isSecretField(name);
    this.#cursors = cursorPaths(compare.cursors, rules);
    this.#looksAtAll = this.#owners.length + this.#moves.length + this.#cursors.length > 0;
    this.#plain = this.#looksAtAll ? noRules : this.#root;
  }

  /** `asked`: the question of both. Without it, references in headers are compared as they are written. */
  compare(legacy: HttpAnswer, candidate: HttpAnswer, asked?: AskedUrl): Comparison {
    try {
      return this.#compare(legacy, candidate, asked);
    } finally {
      follower.end();
    }
  }

  #compare(legacy: HttpAnswer, candidate: HttpAnswer, asked: AskedUrl | undefined): Comparison {
    if (this.#isIdentical(legacy, candidate, asked)) return equal;
    const isPlain = isPlainJson(legacy) && isPlainJson(candidate);
    if (isPlain && this.#arePlainlyEqual(legacy, candidate)) return equal;
    if (legacy.status !== candidate.status) return different([statusDifference(legacy, candidate)]);
    const ours = this.#toComparable(legacy, asked);
    const theirs = this.#toComparable(candidate, asked);
    if (!ours.ok) return { outcome: 'undetermined', reason: ours.reason };
    if (!theirs.ok) return { outcome: 'undetermined', reason: theirs.reason };
    const headers = this.#headerDifferences(ours.answer, theirs.answer);
    const bodies = this.#compareBodies(ours.answer, theirs.answer, isPlain);
    if (bodies.outcome === 'undetermined') return bodies;
    if (bodies.outcome === 'equal') return headers.length === 0 ? equal : different(headers);
    return different([...headers, ...bodies.differences], bodies.truncated);
  }

  /**
   * Digest of what an answer means under the rules: the same for two answers that only differ in what is not compared.
   * An answer that cannot be read has the digest of its bytes.
   */
  digest(answer: HttpAnswer, asked?: AskedUrl): Buffer {
    let digest = this.#digests.get(answer);
    if (digest === undefined) this.#digests.set(answer, (digest = this.#digestOf(answer, asked)));
    return digest;
  }

  #digestOf(answer: HttpAnswer, asked: AskedUrl | undefined): Buffer {
    const hash = createHash('sha256').update(`${answer.status}\n`);
    for (const name of this.#headersOf(answer)) hash.update(`${name}:${comparedHeader(answer, name, asked) ?? ''}\n`);
    const comparable = this.#toComparable(answer, asked);
    if (!comparable.ok) return hash.update(answer.body).digest();
    const parsed = this.#toJson(comparable.answer);
    return hash.update(parsed?.ok ? digestJson(parsed.value, this.#root) : comparable.answer.body).digest();
  }

  /**
   * The rules that hide a difference between two answers that have been compared. What has no paths has no rules, and where the
   * statuses differ or an answer cannot be read nothing is hidden. `areEqual`: that is what they were found to be.
   */
  hiddenIn(legacy: HttpAnswer, candidate: HttpAnswer, asked?: AskedUrl, areEqual = false): Hidden {
    try {
      return this.#hiddenIn(legacy, candidate, asked, areEqual);
    } finally {
      follower.end();
    }
  }

  #hiddenIn(legacy: HttpAnswer, candidate: HttpAnswer, asked: AskedUrl | undefined, areEqual: boolean): Hidden {
    if (legacy.status !== candidate.status || Buffer.compare(legacy.body, candidate.body) === 0) return [];
    const [ours, theirs] = [this.#toComparable(legacy, asked), this.#toComparable(candidate, asked)];
    if (!ours.ok || !theirs.ok || ours.answer.kind !== theirs.answer.kind) return [];
    if (!this.#root.holdsHiding && this.#moves.length === 0) return [];
    const areJson = ours.answer.kind === 'json';
    if (areEqual && areJson && plainEquality.holds(ours.answer.body, theirs.answer.body, noRules)) return [];
    // With tolerances it may be told otherwise which row of a list stands for which when some are left out.
    const parts = this.#root.holdsTolerance ? undefined : this.#partsOf(ours.answer, theirs.answer);
    const [left, right] = parts
      ? [parts.legacy, parts.candidate]
      : [ours, theirs].map(({ answer }) => this.#valueOf(answer));
    if (left === undefined || right === undefined) return [];
    const hidden = findHidden(left, right, this.#root, { areEqual });
    return hidden === 'unknown' ? hidden : [...this.#movedInOne(ours.answer, theirs.answer), ...hidden];
  }

  /** Ids of the rules that guard something which is in this answer of legacy. */
  guardedIn(answer: HttpAnswer, asked?: AskedUrl): readonly string[] {
    const comparable = this.#toComparable(answer, asked);
    const parsed = comparable.ok ? this.#toJson(comparable.answer) : undefined;
    return parsed?.ok ? this.#guarding.fitting(parsed.value) : [];
  }

  /** Where both have the old form, moving hides nothing. */
  #movedInOne(legacy: ReadableAnswer, candidate: ReadableAnswer): string[] {
    const [ours, theirs] = [this.#moved.get(legacy), this.#moved.get(candidate)];
    return this.#moves.map(({ id }) => id).filter((id) => ours?.has(id) !== theirs?.has(id));
  }

  /** The body with paths of an answer of legacy, and what the rules say of it; undefined: it has none. */
  bodyOf(answer: HttpAnswer, asked?: AskedUrl): RuledBody | undefined {
    const comparable = this.#toComparable(answer, asked);
    const parsed = comparable.ok ? this.#toJson(comparable.answer) : undefined;
    if (!comparable.ok || !parsed?.ok) return undefined;
    const { value } = parsed;
    return { value, rules: this.#rulesFor(comparable.answer, value, value) };
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
    const { value, tokens } = maskCursors(parsed.value, this.#cursors, (place) => this.#isFixed(place));
    this.#tokens.set(answer, tokens);
    return { ok: true, value };
  }

  #headersOf({ status }: HttpAnswer): readonly string[] {
    return comparedHeaders(status, this.#rules.headers);
  }

  /** Not within a list whose order means nothing: another row may stand there on the other side. */
  #isFixed(place: readonly PlaceStep[]): boolean {
    return place.every((_, depth) => this.#root.at(place.slice(0, depth)).keyedBy === undefined);
  }

  #isIdentical(a: HttpAnswer, b: HttpAnswer, asked: AskedUrl | undefined): boolean {
    return (
      a.status === b.status &&
      Buffer.compare(a.body, b.body) === 0 &&
      ['content-encoding', ...this.#headersOf(a)].every(
        (name) => comparedHeader(a, name, asked) === comparedHeader(b, name, asked),
      )
    );
  }

  /** Lets go of what was read of an answer, which takes many times the memory of the answer. */
  forget(answer: HttpAnswer): void {
    this.#comparable.delete(answer);
  }

  #toComparable(answer: HttpAnswer, asked: AskedUrl | undefined): ComparableAnswer {
    let comparable = this.#comparable.get(answer);
    if (!comparable) {
      comparable = toComparable(answer, this.#headersOf(answer), asked);
      this.#comparable.set(answer, comparable);
    }
    return comparable;
  }

  /** Undefined: a body of this type has no paths. */
  #toJson(answer: ReadableAnswer): ParsedJson | undefined {
    if (answer.kind === 'text' || answer.kind === 'binary') return undefined;
    let parsed = this.#parsed.get(answer);
    if (!parsed) {
      const read = answer.kind === 'json' ? parseJson(answer.text ?? '') : this.#readTree(answer);
      parsed = this.#inPlace(answer, this.#withoutTokens(answer, read));
      this.#parsed.set(answer, parsed);
    }
    return parsed;
  }

  #valueOf(answer: ReadableAnswer): JsonValue | undefined {
    const parsed = this.#toJson(answer);
    return parsed?.ok ? parsed.value : undefined;
  }

  /** Of two bodies of JSON what differs, where no rule needs the whole of them; kept as long as both are. */
  #partsOf(legacy: ReadableAnswer, candidate: ReadableAnswer): BothValues | undefined {
    if (legacy.kind !== 'json' || candidate.kind !== 'json' || this.#looksAtAll) return undefined;
    const known = this.#parts.get(legacy)?.get(candidate);
    if (known) return known;
    const parts = differingParts.read(legacy.body, candidate.body, this.#root, this.#redactor.isSecretField);
    if (parts) this.#parts.set(legacy, new WeakMap([[candidate, parts]]));
    return parts;
  }

  #inPlace(answer: ReadableAnswer, parsed: ParsedJson): ParsedJson {
    if (!parsed.ok || this.#moves.length === 0) return parsed;
    const { value, moved } = moveValues(parsed.value, this.#moves);
    this.#moved.set(answer, moved);
    return { ok: true, value };
  }

  #readTree(answer: ReadableAnswer): ParsedJson {
    const tree = readBody(answer, this.#isColumn);
    if (tree === undefined) return { ok: false, fault: 'not-json' };
    const shown = answer.kind === 'html' ? withoutSecretInputs(tree, this.#redactor) : tree;
    return { ok: true, value: treeToJson(shown, this.#root, isOfElements(answer)) };
  }

  #headerDifferences(legacy: ReadableAnswer, candidate: ReadableAnswer): Difference[] {
    return [...legacy.headers.keys()].flatMap((name) => {
      const [ours, theirs] = [legacy.headers.get(name), candidate.headers.get(name)];
      if (ours === theirs) return [];
      const path = `header ${name}`;
      return [
        {
          kind: 'header',
          path,
          at: path,
          legacy: this.#shown(name, ours),
          candidate: this.#shown(name, theirs),
          critical: false,
        },
      ];
    });
  }

  /** As they came: answers are equal whose headers are the same and whose bodies are the same JSON. */
  #arePlainlyEqual(legacy: HttpAnswer, candidate: HttpAnswer): boolean {
    return (
      legacy.status === candidate.status &&
      this.#headersOf(legacy).every((name) => haveSameLines(legacy, candidate, name)) &&
      plainEquality.holds(legacy.body, candidate.body, this.#plain)
    );
  }

  #compareBodies(legacy: ReadableAnswer, candidate: ReadableAnswer, isKnownToDiffer: boolean): Comparison {
    if (Buffer.compare(legacy.body, candidate.body) === 0) return equal;
    const areJson = legacy.kind === 'json' && candidate.kind === 'json';
    if (areJson && !isKnownToDiffer && plainEquality.holds(legacy.body, candidate.body, this.#plain)) return equal;
    const parts = this.#partsOf(legacy, candidate);
    if (parts) return this.#compareJson(parts.legacy, parts.candidate, this.#root);
    const ours = this.#toJson(legacy);
    const theirs = this.#toJson(candidate);
    for (const parsed of [ours, theirs]) {
      if (parsed && !parsed.ok && parsed.fault !== 'not-json') return { outcome: 'undetermined', reason: parsed.fault };
    }
    if (!ours?.ok || !theirs?.ok || legacy.kind !== candidate.kind) return this.#compareTexts(legacy, candidate);
    const rules = this.#rulesFor(legacy, ours.value, theirs.value);
    const compared = this.#compareJson(ours.value, theirs.value, rules);
    if (compared.outcome === 'undetermined') return compared;
    const foreign = this.#owners.flatMap((owner) =>
      findForeign(ours.value, theirs.value, owner, rules, this.#redactor),
    );
    if (compared.outcome === 'equal') return foreign.length === 0 ? equal : different(foreign);
    const { differences, truncated } = compared;
    const told = isOfElements(legacy) ? withoutImpliedOrder(differences) : differences;
    return different([...foreign, ...told], truncated);
  }

  #compareJson(legacy: JsonValue, candidate: JsonValue, rules: RulesAt): Comparison {
    const compared = compareJson(legacy, candidate, rules, this.#redactor);
    return compared.outcome === 'different' ? different(compared.differences, compared.truncated) : compared;
  }

  #rulesFor({ kind }: ReadableAnswer, legacy: JsonValue, candidate: JsonValue): RulesAt {
    return kind === 'json' || this.#redact.length === 0 || isCoveredBy(this.#redact, legacy, candidate)
      ? this.#root
      : this.#hiding;
  }

  #compareTexts(legacy: ReadableAnswer, candidate: ReadableAnswer): Comparison {
    const isHidden = this.#redact.length > 0;
    const found = textDifferences(legacy, candidate, {
      redactor: this.#redactor,
      critical: this.#root.critical,
      isHidden,
    });
    return found.length === 0 ? equal : different(found);
  }

  #shown(name: string, header: string | undefined): string | undefined {
    if (header === undefined) return undefined;
    return displayText(JSON.stringify(displayHeader(name, header, this.#redactor)), this.#redactor);
  }
}

/** JSON as it is, without a content coding. */
function isPlainJson(answer: HttpAnswer): boolean {
  return headerValue(answer.headers, 'content-encoding') === undefined && mediaTypeOf(answer).kind === 'json';
}

function haveSameLines(legacy: HttpAnswer, candidate: HttpAnswer, name: string): boolean {
  const [ours, theirs] = [headerValues(legacy.headers, name), headerValues(candidate.headers, name)];
  return ours.length === theirs.length && ours.every((line, at) => line === theirs[at]);
}

function different(differences: readonly Difference[], truncated = false): Comparison {
  const critical = differences.some((difference) => difference.critical);
  return { outcome: 'different', differences, critical, truncated };
}

function statusDifference(legacy: HttpAnswer, candidate: HttpAnswer): Difference {
  return {
    kind: 'status',
    path: 'status',
    at: 'status',
    legacy: String(legacy.status),
    candidate: String(candidate.status),
    critical: revealsRefused(legacy, candidate.status),
  };
}
