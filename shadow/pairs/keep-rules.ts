import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import { redactedPaths, rulesOfRoute } from '../../src/config/rule-list.ts';
import type { PatternStep } from '../../src/config/rule-path.ts';
import { ruledColumns } from '../bodies/ruled-columns.ts';
import { alsoWhereMoved } from '../moved-rules.ts';
import { compilePathRules, type RulesAt } from '../path-rules.ts';
import { createRedactor, namesInPaths, type Redactor } from '../redact.ts';

/** What of the rules says how answers are kept. */
export interface KeepRules {
  /** Paths whose values are personal, wherever either side has them. */
  readonly redact: readonly string[];
  /** Names of the compared headers, in lower case. */
  readonly headers: readonly string[];
  /** Columns of tables that rules name; absent: none. */
  readonly columns?: ReadonlySet<string> | undefined;
}

/** Those of one route of a feature. Throws a SyntaxError when a path cannot be read. */
export function keepRulesOf(compare: NormalizedCompareRules, route: string): KeepRules {
  const { rules, headers } = rulesOfRoute(compare, route);
  const placed = alsoWhereMoved(rules.filter(({ kind }) => kind === 'redact' || kind === 'map'));
  const redact = placed.filter(({ kind }) => kind === 'redact').map(({ steps }) => `$${steps.map(stepText).join('')}`);
  return { redact, headers, columns: ruledColumns(rules) };
}

/** What the shadow redacts by, for all that is shown or stored of a feature. `key`: see `createRedactor`. */
export function redactorFor(key: Uint8Array, compare: NormalizedCompareRules): Redactor {
  return createRedactor(key, namesInPaths(redactedPaths(compare)));
}

/** Rules that say only which places are personal. */
export function compileRedaction(redact: readonly string[]): RulesAt {
  const notes = { route: undefined, because: undefined, expires: undefined, expiresAt: undefined, maxHidden: 1 };
  return compilePathRules(redact.map((path) => ({ kind: 'redact', id: `redact ${path}`, path, ...notes })));
}

function stepText(step: PatternStep): string {
  if (step.kind === 'any') return '[*]';
  return step.kind === 'index' ? `[${step.index}]` : `['${step.key.replaceAll(/[\\']/g, String.raw`\$&`)}']`;
}
