import type { FactValue } from '../../src/kernel/facts.ts';
import { leftOut } from '../../src/kernel/facts.ts';
import { headerValue, type Exchange } from '../../src/kernel/exchange.ts';
import type { Redactor } from '../redact.ts';
import { isOfPeople, parameterFact } from './fact-value.ts';

const MAX_PARAMETERS = 16;
const MAX_NAME_LENGTH = 40;

/** Facts of a question, and of legacy's answer without its body. */
export function questionFacts(
  { params, question, askedAt }: Pick<Exchange, 'params' | 'question' | 'askedAt'>,
  status: number,
  redactor: Redactor,
): Map<string, FactValue> {
  const facts = new Map<string, FactValue>([
    ['method', question.method.slice(0, MAX_NAME_LENGTH)],
    ['status', `${Math.floor(status / 100)}xx`],
    ['hour', new Date(askedAt).getUTCHours()],
    ['cookie', headerValue(question.headers, 'cookie') !== undefined],
    ['authorization', headerValue(question.headers, 'authorization') !== undefined],
  ]);
  const at = question.target.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : question.target.slice(at + 1));
  addParameters(facts, ':', Object.entries(params), redactor);
  addParameters(facts, '?', query, redactor);
  return facts;
}

/** Of a repeated parameter the first value. */
function addParameters(
  facts: Map<string, FactValue>,
  sign: ':' | '?',
  parameters: Iterable<[string, string]>,
  redactor: Redactor,
): void {
  let left = MAX_PARAMETERS;
  for (const [name, value] of parameters) {
    const fact = sign + redactor.text(name.slice(0, MAX_NAME_LENGTH));
    if (facts.has(fact)) continue;
    if (left === 0) {
      facts.set(leftOut, true);
      return;
    }
    left -= 1;
    facts.set(fact, parameterFact(value, redactor.isPersonalName(name) || isOfPeople(name), redactor));
  }
}
