import { identityOf, type ShownPair } from '../shown-value.ts';

/** What a cause is looked for in: the pairs of values of one group, none of them shortened or redacted. */
export interface Clues {
  /** `$.rows[*].total`, `status`. */
  readonly path: string;
  readonly kind: string;
  readonly pairs: readonly ShownPair[];
}

/** A rule in the words of a config, and what of the pairs it would hide. */
export interface Rule {
  /** `tolerance: { '$.total': 0.005 }` */
  readonly text: string;
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
  value: string,
  hides: Rule['hides'],
): Rule | undefined {
  return isWritable(path) ? { text: `${kind}: { ${quoted(path)}: ${value} }`, hides } : undefined;
}

export function ruleFor(kind: 'ignore' | 'unordered', path: string, hides: Rule['hides']): Rule | undefined {
  return isWritable(path) ? { text: `${kind}: [${quoted(path)}]`, hides } : undefined;
}

/** Whether a rule can name it: a place in a body, with all of its keys. */
function isWritable(path: string): boolean {
  return path.startsWith('$') && !path.includes('…');
}

function quoted(path: string): string {
  return path.includes("'") ? JSON.stringify(path) : `'${path}'`;
}
