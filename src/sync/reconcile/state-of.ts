import type { ComparedPart, ReconciliationState } from '../../store/reconciliation-store.ts';

/** What a comparison that came to its end amounts to. */
export function stateOf(parts: readonly ComparedPart[]): Exclude<ReconciliationState, 'failed'> {
  const sum = (count: (part: ComparedPart) => number): number => parts.reduce((total, part) => total + count(part), 0);
  const found = sum(({ missing, extra, different }) => missing + extra + different);
  const repaired = sum((part) => part.repaired);
  if (found > repaired || parts.some(({ truncated }) => truncated)) return 'different';
  if (sum(({ undetermined }) => undetermined) > 0) return 'undetermined';
  return found > 0 ? 'repaired' : 'clean';
}
