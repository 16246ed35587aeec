import type { NormalizedCompareRules } from '../../src/config/normalized-config.ts';
import { AnswerComparer } from '../compare-answers.ts';
import { compilePathRules } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';

/** What answers of one route of a feature are compared with. Throws a SyntaxError when a path of its rules cannot be read. */
export function comparerFor(rules: NormalizedCompareRules, _route: string, redactor: Redactor): AnswerComparer {
  return new AnswerComparer(rules, redactor);
}

/** Throws a SyntaxError when a path of the rules cannot be read. */
export function checkRulePaths(rules: NormalizedCompareRules): void {
  compilePathRules(rules);
}
