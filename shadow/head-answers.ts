import type { CandidateResult } from '../src/kernel/candidate.ts';
import type { Exchange, HttpAnswer } from '../src/kernel/exchange.ts';

// An answer to HEAD is compared by its status and headers. Nothing here does I/O.

/** Of the body that a candidate gives all the same nothing is known of legacy's side. */
export function withoutBody(answer: HttpAnswer): HttpAnswer {
  // Nothing is coded in no body, so that no coding of none is undone.
  const headers = answer.headers.filter((_, i, all) => all[i - (i % 2)]!.toLowerCase() !== 'content-encoding');
  return { ...answer, headers, body: new Uint8Array() };
}

/** The exchange as it is compared: of one that asks by another method than HEAD everything. */
export function comparedExchange(exchange: Exchange): Exchange {
  return isHead(exchange) ? { ...exchange, answer: withoutBody(exchange.answer) } : exchange;
}

export function comparedResult<
  Result extends CandidateResult | { readonly ok: false } | { readonly ok: true; readonly answer: HttpAnswer },
>(exchange: Exchange, result: Result): Result {
  return isHead(exchange) && result.ok && 'answer' in result
    ? { ...result, answer: withoutBody(result.answer) }
    : result;
}

function isHead({ question }: Exchange): boolean {
  return question.method === 'HEAD';
}
