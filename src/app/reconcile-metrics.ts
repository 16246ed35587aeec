import type { NormalizedFeature } from '../config/normalized-config.ts';
import type { Metrics, ReconcileGauges } from '../observe/metrics.ts';
import type { ComparedPart, Reconciliation } from '../store/reconciliation-store.ts';
import type { Reconciliations } from './reconciliations.ts';

/** Brings the figures of comparisons with legacy up to date before each exposition. */
export function refreshReconcileMetrics(
  metrics: Metrics,
  features: readonly NormalizedFeature[],
  reconciliations: Reconciliations,
): void {
  metrics.beforeText(async () => {
    for (const feature of features) {
      const found = await reconciliations.figures(feature);
      if (found)
        metrics.reconciled(feature.name, { last: found.last && gaugesOf(found.last), progress: found.progress });
    }
  });
}

function gaugesOf({ finishedAt, parts }: Reconciliation): ReconcileGauges['last'] {
  const sum = (of: (part: ComparedPart) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    finishedAtSeconds: Date.parse(finishedAt) / 1_000,
    rows: sum(({ rows }) => rows),
    differences: {
      missing: sum(({ missing }) => missing),
      extra: sum(({ extra }) => extra),
      different: sum(({ different }) => different),
      undetermined: sum(({ undetermined }) => undetermined),
      repaired: sum(({ repaired }) => repaired),
      'left-out': sum(({ leftOut }) => leftOut ?? 0),
    },
  };
}
