import type { CompareRule } from '../src/config/rule-list.ts';
import type { PatternStep } from '../src/config/rule-path.ts';
import { isThere } from './json/is-there.ts';
import type { JsonValue } from './json/json-value.ts';
import { alsoWhereMoved } from './moved-rules.ts';

/** Rules that hide no difference but guard something. One whose path has a typo guards nothing, and nobody would notice. */
const guarding: ReadonlySet<CompareRule['kind']> = new Set(['owner', 'critical', 'redact']);

/** Which of such rules fit something in a body, to the end of their paths. */
export class GuardingRules {
  /** By the rule's id; a rule for what is moved fits at either place. */
  readonly #paths = new Map<string, (readonly PatternStep[])[]>();

  /** Throws a SyntaxError when a path cannot be read. */
  constructor(rules: readonly CompareRule[]) {
    for (const { kind, id, steps } of alsoWhereMoved(rules)) {
      if (guarding.has(kind)) this.#paths.set(id, [...(this.#paths.get(id) ?? []), steps]);
    }
  }

  /** Ids, in the order of the rules. */
  fitting(body: JsonValue): string[] {
    return [...this.#paths].filter(([, paths]) => paths.some((path) => isThere(body, path))).map(([id]) => id);
  }
}
