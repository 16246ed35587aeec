import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import { AnswerComparer } from '../compare-answers.ts';
import type { Redactor } from '../redact.ts';

/** What answers of one route of a feature are compared with. Throws a SyntaxError when a path of its rules cannot be read. */
export function comparerFor(rules: NormalizedCompareRules, route: string, redactor: Redactor): AnswerComparer {
  return new AnswerComparer(rules, redactor, route);
}
