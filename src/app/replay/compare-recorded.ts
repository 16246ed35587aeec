import { comparerFor } from '../../../shadow/pairs/comparer-for.ts';
import { redactorFor } from '../../../shadow/pairs/keep-rules.ts';
import type { Redactor } from '../../../shadow/redact.ts';
import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import type { HttpAnswer, HttpQuestion } from '../../kernel/exchange.ts';
import type { Difference } from '../../kernel/verdict.ts';
import type { ReplayResult } from './result.ts';

export interface AnsweredTwice {
  readonly feature: string;
  readonly route: string;
  /** Those of its path, by name. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly question: HttpQuestion;
  readonly legacy: HttpAnswer;
  readonly candidate: HttpAnswer;
}

/**
 * Compares answers that were recorded. There is no fence between them: what changed in between is a difference. Makes one
 * comparer for each feature and route. No I/O.
 */
export function recordedComparer(
  rulesOf: (feature: string) => NormalizedCompareRules,
  redactionKey: Uint8Array,
): (answered: AnsweredTwice) => ReplayResult {
  const made = new Map<string, { comparer: ReturnType<typeof comparerFor>; redactor: Redactor }>();
  return ({ feature, route, params, question, legacy, candidate }) => {
    const place = `${feature} ${route}`;
    const rules = rulesOf(feature);
    let known = made.get(place);
    if (known === undefined) {
      const redactor = redactorFor(redactionKey, rules);
      made.set(place, (known = { comparer: comparerFor(rules, route, redactor), redactor }));
    }
    const result = {
      feature,
      route,
      question: `${question.method} ${known.redactor.target(question.target, params)}`,
      reason: '',
      legacyStatus: legacy.status,
      legacyMs: undefined,
    };
    if (candidate.status >= 500) return { ...result, verdict: 'error', differences: [failure(legacy, candidate)] };
    const compared = known.comparer.compare(legacy, candidate, question);
    if (compared.outcome === 'equal') return { ...result, verdict: 'match', differences: [] };
    if (compared.outcome === 'different') return { ...result, verdict: 'mismatch', differences: compared.differences };
    return { ...result, verdict: 'undetermined', reason: compared.reason, differences: [] };
  };
}

function failure(legacy: HttpAnswer, candidate: HttpAnswer): Difference {
  const path = 'error failed';
  const said = `failed: it answered ${candidate.status}`;
  return { kind: 'error', path, at: path, legacy: String(legacy.status), candidate: said, critical: false };
}
