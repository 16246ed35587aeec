import { keepAnswers } from '../../../shadow/pairs/keep-answers.ts';
import { keepRulesOf, redactorFor } from '../../../shadow/pairs/keep-rules.ts';
import { keepQuestion } from '../../../shadow/pairs/keep-question.ts';
import { storedComparer } from '../../../shadow/pairs/compare-stored.ts';
import { trialGround, type TrialGround } from '../../../shadow/findings/try-rule.ts';
import type { CompareRules } from '../../../src/config/compare-rules.ts';
import { normalizeCompareRules } from '../../../src/config/normalize-compare-rules.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { jsonBody } from '../exchanges.ts';

interface BothBodies {
  readonly legacy: unknown;
  readonly candidate: unknown;
  /** Default: `GET /orders`. */
  readonly route?: string;
}

/** Pairs as the shadow stores them, for bodies that differ under the rules. */
export function groundOf(bodies: readonly BothBodies[], compare: CompareRules = {}): TrialGround {
  const rules = normalizeCompareRules(compare);
  const redactor = redactorFor(Buffer.from('key'), rules);
  const pairs = bodies.map(({ legacy, candidate, route = 'GET /orders' }, index) => {
    const asked = { method: 'GET', target: `/orders?n=${index}`, headers: [] };
    const answers = { legacy: json(legacy), candidate: json(candidate) };
    const pair = {
      question: keepQuestion(asked, redactor),
      ...keepAnswers(answers, keepRulesOf(rules, route), redactor, asked),
    };
    const { differences } = storedComparer(rules, route, redactor)(pair);
    const groups = differences.map(({ path, kind, critical }) => ({ id: path, path, kind, critical }));
    return { ...pair, feature: 'orders', route, groups, seenAt: new Date() };
  });
  return trialGround({ rules, routes: ['GET /orders', 'GET /items'], pairs });
}

function json(body: unknown): HttpAnswer {
  return { status: 200, headers: ['content-type', 'application/json'], body: jsonBody(body) };
}
