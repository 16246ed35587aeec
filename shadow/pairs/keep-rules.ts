import type { NormalizedCompareRules } from '../../src/config/normalized-config.ts';
import { compilePathRules, type RulesAt } from '../path-rules.ts';
import { createRedactor, namesInPaths, type Redactor } from '../redact.ts';

/** What of the rules says how answers are kept. */
export interface KeepRules {
  /** Paths whose values are personal. */
  readonly redact: readonly string[];
  /** Names of the compared headers, in lower case. */
  readonly headers: readonly string[];
}

/** Those of one route of a feature. */
export function keepRulesOf({ redact, headers }: NormalizedCompareRules, _route: string): KeepRules {
  return { redact, headers };
}

/** What the shadow redacts by, for all that is shown or stored of a feature. `key`: see `createRedactor`. */
export function redactorFor(key: Uint8Array, { redact }: NormalizedCompareRules): Redactor {
  return createRedactor(key, namesInPaths(redact));
}

/** Rules that say only which places are personal. */
export function compileRedaction(redact: readonly string[]): RulesAt {
  return compilePathRules({ ignore: [], keyed: {}, tolerance: {}, critical: [], redact });
}
