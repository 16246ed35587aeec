/** What the gate makes of the last comparison of a read model with the legacy database. Nothing here does I/O. */

export interface ReconciliationHealth {
  /** Of the last one that came to its end; undefined: there is none. */
  readonly last:
    | { readonly state: 'clean' | 'repaired' | 'different' | 'undetermined'; readonly ageSeconds: number }
    | undefined;
  /** What it found, a few words. */
  readonly summary: string;
  readonly maxAgeSeconds: number;
}

/**
 * Why the gate holds, one clause; undefined when it does not. A read model that is known to differ serves nobody new.
 * `needsProof`: it must also be known not to differ, by a comparison that is not old.
 */
export function describeUnreconciled(
  { reconciliation }: { readonly reconciliation?: ReconciliationHealth | undefined },
  needsProof: boolean,
): string | undefined {
  if (!reconciliation) return undefined;
  const { last, summary, maxAgeSeconds } = reconciliation;
  if (last?.state === 'different') return `the read model differs from legacy: ${summary}`;
  if (!needsProof) return undefined;
  if (!last) return 'the read model has not been compared with legacy as a whole yet';
  if (last.state === 'undetermined') return `the read model could not be compared with legacy to the end: ${summary}`;
  if (last.ageSeconds > maxAgeSeconds) {
    return `the read model was last compared with legacy ${hours(last.ageSeconds)} ago (limit ${hours(maxAgeSeconds)})`;
  }
  return undefined;
}

function hours(seconds: number): string {
  const value = seconds / 3_600;
  return value < 1
    ? `${Math.round(seconds / 60)} min`
    : `${value.toLocaleString('en-US', { maximumFractionDigits: 1 })} h`;
}
