import { errorText } from '../../../shadow/error-text.ts';
import type { Redactor } from '../../../shadow/redact.ts';
import type { Candidate } from '../../kernel/candidate.ts';

/** A candidate whose failures quote nobody: why it failed is logged, and a handler's error holds what it was asked for. */
export function withQuietFailures(candidate: Candidate, redactor: Redactor): Candidate {
  return {
    ask: async (question, timeoutMs) => {
      const result = await candidate.ask(question, timeoutMs);
      return result.ok ? result : { ...result, reason: errorText(result.reason, redactor) };
    },
  };
}
