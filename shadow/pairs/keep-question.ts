import type { HttpQuestion } from '../../src/kernel/exchange.ts';
import type { RemovedPart, StoredQuestion } from '../../src/store/stored-pair.ts';
import type { Redactor } from '../redact.ts';
import { hasCredentials, keptHeaders } from './kept-headers.ts';

/** More is no question that anybody wants to keep. */
const MAX_TARGET = 4_096;

/** A question as it is stored, which says what was taken out of it. `params`: those of its path, by name. */
export function keepQuestion(
  question: HttpQuestion,
  redactor: Redactor,
  params: Readonly<Record<string, string>> = {},
): StoredQuestion {
  const asked = keptHeaders(question.headers);
  const headers = asked.map((text) => redactor.text(text));
  const target = redactor.target(question.target, params);
  const isWhole = target === question.target && target.length <= MAX_TARGET;
  const isPersonal = !isWhole || headers.some((text, index) => text !== asked[index]);
  const removed: RemovedPart[] = isPersonal ? ['personal-data'] : [];
  if (question.method !== 'GET' && question.method !== 'HEAD') removed.push('body');
  return {
    method: question.method,
    target: target.slice(0, MAX_TARGET),
    headers,
    removed,
    hadCredentials: hasCredentials(question.headers),
  };
}
