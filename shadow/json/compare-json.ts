import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';
import { align, type Alignment } from './align.ts';
import type { JsonValue } from './json-value.ts';
import { listDifferences, type ListedDifferences } from './list-differences.ts';
import { OutOfBudget, WorkBudget } from './work-budget.ts';

export type JsonComparison =
  | { readonly outcome: 'equal' }
  | ({ readonly outcome: 'different' } & ListedDifferences)
  /** The work it would take is beyond the budget. Never said of what has been found equal or different. */
  | { readonly outcome: 'undetermined'; readonly reason: 'too-complex' };

/**
 * Values and pairs of values that one comparison may look at; some two seconds of a processor at worst. Two bodies of as
 * many values as are read at all need less than half of it, unless tolerances make them be compared over and over.
 */
export const defaultMaxWork = 5_000_000;

/** Compares two JSON bodies under the rules. Never throws, and takes no more stack for deep bodies. */
export function compareJson(
  legacy: JsonValue,
  candidate: JsonValue,
  rules: RulesAt,
  redactor: Redactor,
  maxWork = defaultMaxWork,
): JsonComparison {
  let alignment: Alignment;
  try {
    alignment = align(legacy, candidate, rules, new WorkBudget(maxWork));
  } catch (error) {
    if (error instanceof OutOfBudget) return { outcome: 'undetermined', reason: 'too-complex' };
    throw error;
  }
  if (alignment.findings.length === 0) return { outcome: 'equal' };
  return { outcome: 'different', ...listDifferences(alignment, redactor) };
}
