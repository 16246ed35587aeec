import type { NormalizedCompareRules } from '../src/config/compare-rules.ts';
import { hasRulesOfItsOwn } from '../src/config/rule-list.ts';
import { AnswerComparer } from './compare-answers.ts';
import type { Redactor } from './redact.ts';

/** The comparers of one feature: one for each route with rules of its own, and one for all others. Each is made once. */
export class RouteComparers {
  readonly #compare: NormalizedCompareRules;
  readonly #redactor: Redactor;
  readonly #others: AnswerComparer;
  readonly #byRoute = new Map<string, AnswerComparer>();

  /** Throws a SyntaxError when a path of the rules cannot be read. */
  constructor(compare: NormalizedCompareRules, redactor: Redactor) {
    this.#compare = compare;
    this.#redactor = redactor;
    this.#others = new AnswerComparer(compare, redactor);
    for (const name of Object.keys(compare.routes)) this.of(name);
  }

  /** `route`: as reports name it. */
  of(route: string): AnswerComparer {
    if (!hasRulesOfItsOwn(this.#compare, route)) return this.#others;
    let comparer = this.#byRoute.get(route);
    if (!comparer) {
      comparer = new AnswerComparer(this.#compare, this.#redactor, route);
      this.#byRoute.set(route, comparer);
    }
    return comparer;
  }
}
