import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import type { StoredAnswer, StoredBody } from '../../src/store/stored-pair.ts';
import { isOfElements, readBody } from '../bodies/read-body.ts';
import { withoutSecretInputs } from '../bodies/secret-inputs.ts';
import { treeToJson } from '../bodies/tree-json.ts';
import { isCoveredBy } from '../bodies/uncovered-redaction.ts';
import { comparedHeader, toComparable, type ReadableAnswer } from '../comparable-answer.ts';
import { comparedHeaders } from '../headers/compared-headers.ts';
import type { AskedUrl } from '../headers/url-reference.ts';
import type { JsonValue } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';
import { canonicalJson } from './canonical-json.ts';
import { compileRedaction, type KeepRules } from './keep-rules.ts';
import { OtherSide } from './other-side.ts';
import { rememberingRedactor } from './remembering-redactor.ts';

/** Characters of a body in the form in which it is stored. */
export const maxKeptLength = 65_536;

interface Sides<T> {
  readonly legacy: T;
  readonly candidate: T;
}

/** Both answers as they are stored. A side that gave none is undefined. */
export function keepAnswers(
  { legacy, candidate }: Sides<HttpAnswer | undefined>,
  rules: KeepRules,
  plainRedactor: Redactor,
  asked: AskedUrl,
): Sides<StoredAnswer | undefined> {
  const redactor = rememberingRedactor(plainRedactor);
  const isColumn = (name: string): boolean => rules.columns?.has(name) === true || redactor.isSecretField(name);
  const side = (answer: HttpAnswer | undefined): ReadAnswer | undefined => readOf(answer, asked, redactor, isColumn);
  const [ours, theirs] = [side(legacy), side(candidate)];
  const values = [ours?.value, theirs?.value].filter((value) => value !== undefined);
  const rulesAt = (read: ReadAnswer): RulesAt =>
    read.kind === 'json' || rules.redact.length === 0 || isCoveredBy(rules.redact, ...values)
      ? compileRedaction(rules.redact)
      : compileRedaction(['$']);
  const keep = (answer: HttpAnswer | undefined, own?: ReadAnswer, other?: ReadAnswer): StoredAnswer | undefined =>
    answer && {
      status: answer.status,
      headers: headersOf(answer, comparedHeaders(answer.status, rules.headers), redactor, asked),
      body: own === undefined ? { form: 'unreadable' } : bodyOf(own, other, rulesAt(own), redactor),
    };
  return { legacy: keep(legacy, ours, theirs), candidate: keep(candidate, theirs, ours) };
}

interface ReadAnswer {
  readonly kind: string;
  readonly body: Uint8Array;
  /** Undefined for what has no places. */
  readonly value: JsonValue | undefined;
}

function readOf(
  answer: HttpAnswer | undefined,
  asked: AskedUrl,
  redactor: Redactor,
  isColumn: (name: string) => boolean,
): ReadAnswer | undefined {
  if (answer === undefined) return undefined;
  const comparable = toComparable(answer, [], asked);
  if (!comparable.ok) return undefined;
  const { kind, body } = comparable.answer;
  return { kind, body, value: valueOf(comparable.answer, redactor, isColumn) };
}

function valueOf(
  answer: ReadableAnswer,
  redactor: Redactor,
  isColumn: (name: string) => boolean,
): JsonValue | undefined {
  if (answer.kind === 'json') {
    const parsed = parseJson(answer.text ?? '');
    return parsed.ok ? parsed.value : undefined;
  }
  const read = readBody(answer, isColumn);
  const tree = read && answer.kind === 'html' ? withoutSecretInputs(read, redactor) : read;
  return tree && treeToJson(tree, compileRedaction([]), isOfElements(answer));
}

function bodyOf(
  { kind, body, value }: ReadAnswer,
  other: ReadAnswer | undefined,
  rules: RulesAt,
  redactor: Redactor,
): StoredBody {
  const bytes = body.byteLength;
  if (value === undefined) {
    return { form: 'opaque', kind, hash: redactor.hash(Buffer.from(body).toString('base64')), bytes };
  }
  const text = canonicalJson(value, { rules, redactor, other: new OtherSide(other?.value), maxLength: maxKeptLength });
  return text === undefined ? { form: 'too-large', bytes } : { form: 'tree', kind, text };
}

/** That they are the same can be seen of hashes, and nothing else is ever asked of them. */
function headersOf(
  answer: HttpAnswer,
  names: readonly string[],
  redactor: Redactor,
  asked: AskedUrl,
): Record<string, string> {
  const entries = names.map((name) => {
    const meaning = comparedHeader(answer, name, asked);
    return [name, meaning === undefined ? '' : redactor.hash(meaning)];
  });
  return Object.fromEntries(entries);
}
