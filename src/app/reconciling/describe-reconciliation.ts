import type { ComparedPart, Reconciliation } from '../../store/reconciliation-store.ts';

/**
 * A few words: `12,050 rows agree`, `3 of 12,050 rows differ (2 of public.orders, 1 of order_summary)`, and how many rows were
 * left out because of dead letters.
 */
export function describeReconciliation(outcome: Pick<Reconciliation, 'state' | 'parts' | 'error'>): string {
  const leftOut = sum(outcome.parts, (part) => part.leftOut ?? 0);
  const words = describeRows(outcome);
  return leftOut === 0 ? words : `${words}; ${count(leftOut)} that cannot be built left out`;
}

function describeRows({ state, parts, error }: Pick<Reconciliation, 'state' | 'parts' | 'error'>): string {
  if (state === 'failed') return `it failed: ${error ?? 'unknown why'}`;
  const rows = count(sum(parts, (part) => part.rows));
  const found = sum(parts, foundIn);
  const repaired = sum(parts, (part) => part.repaired);
  const undetermined = sum(parts, (part) => part.undetermined);
  const more = parts.some(({ truncated }) => truncated) ? 'at least ' : '';
  const where = parts.filter((part) => foundIn(part) > 0).map((part) => `${count(foundIn(part))} of ${part.name}`);
  if (state === 'clean') return `${rows} rows agree`;
  if (state === 'repaired') return `${count(found)} of ${rows} rows differed and were repaired (${where.join(', ')})`;
  if (state === 'undetermined') return `${count(undetermined)} of ${rows} rows changed whenever they were looked at`;
  const left = repaired > 0 ? `, ${count(repaired)} repaired` : '';
  return `${more}${count(found)} of ${rows} rows differ (${where.join(', ')}${left})`;
}

function foundIn({ missing, extra, different }: ComparedPart): number {
  return missing + extra + different;
}

function sum(parts: readonly ComparedPart[], of: (part: ComparedPart) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
