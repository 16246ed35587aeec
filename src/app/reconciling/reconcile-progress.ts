import type { ReconcileProgress } from '../../sync/reconcile/reconcile-read-model.ts';

/** How far a comparison of several tables is, 0 to 1. Each table counts the same, since their sizes are estimates. */
export function shareOfParts(parts: number): (progress: ReconcileProgress) => number {
  const seen = new Map<string, number>();
  return ({ part, done, total }) => {
    seen.set(part, total === 0 ? 1 : Math.min(1, done / total));
    return [...seen.values()].reduce((sum, share) => sum + share, 0) / Math.max(parts, seen.size);
  };
}
