import type { CompareRules } from '../../../src/config/compare-rules.ts';
import { identityOf, type ShownPair } from '../shown-value.ts';

/** What a cause is looked for in: the pairs of values of one group, none of them shortened or redacted. */
export interface Clues {
  /** `$.rows[*].total`, `status`. */
  readonly path: string;
  readonly kind: string;
  readonly pairs: readonly ShownPair[];
}

/** One rule, under its kind. */
export type AddedRule = Pick<CompareRules, 'ignore' | 'unordered' | 'keyed' | 'tolerance' | 'format'>;

/** A rule in the words of a config, and what of the pairs it would hide. */
export interface Rule {
  /** `tolerance: { '$.total': 0.005 }` */
  readonly text: string;
  /** The same as data. */
  readonly adds: AddedRule;
  /** Undefined: that cannot be told from single pairs. */
  readonly hides: ((pair: ShownPair) => boolean) | undefined;
}

export interface Explanation {
  /** A few words, as a sentence without its end: `the candidate rounds to 2 digits`. */
  readonly sentence: string;
  /** Pairs that it explains. */
  readonly explained: number;
  readonly rule?: Rule | undefined;
}

/** One known way for answers to differ; undefined: it is not what is seen here. */
export interface Cause {
  /** As documented in docs/causes.md. Stays the same, for programs that read reports. */
  readonly name: string;
  readonly explain: (clues: Clues) => Explanation | undefined;
}

/** Of the pairs, those that this is so for; undefined when these are none. */
export function explainEach(
  { pairs }: Clues,
  isSo: (pair: ShownPair) => boolean,
  sentence: string,
  rule?: Rule,
): Explanation | undefined {
  const explained = pairs.filter(isSo).length;
  return explained === 0 ? undefined : { sentence, explained, rule };
}

/** The text that most pairs give, and how many give it. */
export function mostFrequent(
  pairs: readonly ShownPair[],
  give: (pair: ShownPair) => string | undefined,
): { readonly text: string; readonly count: number } | undefined {
  const counts = new Map<string, number>();
  for (const pair of pairs) {
    const text = give(pair);
    if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
  return first && { text: first[0], count: first[1] };
}

export function distinctOn(pairs: readonly ShownPair[], side: 'legacy' | 'candidate'): number {
  return new Set(pairs.map((pair) => identityOf(pair[side]))).size;
}

/** A rule for one path: `format: { '$.price': 'decimal' }`. */
export function ruleAt(
  kind: 'tolerance' | 'format' | 'keyed',
  path: string,
  value: string | number | { readonly time: string } | { readonly case: true },
  hides: Rule['hides'],
): Rule | undefined {
  if (!isWritable(path)) return undefined;
  return { text: `${kind}: { ${quoted(path)}: ${literal(value)} }`, adds: { [kind]: { [path]: value } }, hides };
}

export function ruleFor(kind: 'ignore' | 'unordered', path: string, hides: Rule['hides']): Rule | undefined {
  return isWritable(path) ? { text: `${kind}: [${quoted(path)}]`, adds: { [kind]: [path] }, hides } : undefined;
}

/** Whether a rule can name it: a place in a body, with all of its keys. */
function isWritable(path: string): boolean {
  return path.startsWith('$') && !path.includes('…');
}

function quoted(path: string): string {
  return path.includes("'") ? JSON.stringify(path) : `'${path}'`;
}

function literal(value: string | number | object): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value);
  const members = Object.entries(value).map(
    ([name, each]: [string, unknown]) => `${name}: ${typeof each === 'string' ? quoted(each) : String(each)}`,
  );
  return `{ ${members.join(', ')} }`;
}
