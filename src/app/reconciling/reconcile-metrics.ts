import type { Metrics, ReconcileGauges } from '../../observe/metrics.ts';
import type { ComparedPart, Reconciliation } from '../../store/reconciliation-store.ts';
import type { Reconciliations } from './reconciliations.ts';
import type { ServingVersions } from '../versions/serving-versions.ts';

/**
 * Brings the figures of comparisons with legacy up to date before each exposition. Under the name of a feature they are those
 * of the version that serves; while there are two, each has them under its own label as well.
 */
export function refreshReconcileMetrics(
  metrics: Metrics,
  features: readonly string[],
  versions: ServingVersions,
  reconciliations: Reconciliations,
): void {
  metrics.beforeText(async () => {
    for (const feature of features) {
      const all = versions.of(feature);
      const labelled = all.length === 1 ? [] : all.map((version) => ({ label: version.key, version }));
      for (const { label, version } of [{ label: feature, version: versions.serving(feature) }, ...labelled]) {
        const found = await reconciliations.figures(version);
        if (found) metrics.reconciled(label, { last: found.last && gaugesOf(found.last), progress: found.progress });
      }
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
