import { FigError } from '../kernel/fig-error.ts';
import { versionKey } from '../config/feature-versions.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { CaptureView } from './following/capture-view.ts';
import type { BatchStatus, FigControl, ReadModelStatus } from './control.ts';

/** Brings the gauges up to date before each exposition. */
export function refreshMetrics(metrics: Metrics, control: FigControl, capture: CaptureView | undefined): void {
  metrics.beforeText(async () => {
    const { features, storeError } = await control.status();
    for (const { feature, phase, percent, gate, readModel, versions = [] } of features) {
      if (readModel) metrics.deadLetters(feature, readModel.deadLetters ?? 0);
      for (const each of versions) metrics.deadLetters(versionKey(feature, each.version), each.deadLetters ?? 0);
      metrics.reads(feature, { phase, percent });
      if (storeError === undefined) metrics.gate(feature, gate.result, gate.progress);
      if (readModel?.batch) metrics.batch(readModel.name, gaugesOf(readModel, readModel.batch));
    }
    // Counted among the figures that are not up to date.
    if (storeError !== undefined) throw new FigError('FIG_STORE_UNREACHABLE', storeError);
  });
  if (!capture) return;
  metrics.beforeText(() => {
    const { received, applied, acknowledged, lag, spooledBytes } = capture.status();
    for (const name of capture.readModels) {
      const failed = capture.progressOf(name).state === 'failed';
      metrics.captured(name, { failed, heldBytes: capture.heldFor(name) });
    }
    metrics.capture({ received, applied, acknowledged, lagBytes: lag?.bytes, lagSeconds: lag?.seconds, spooledBytes });
  });
}

function gaugesOf({ rows }: ReadModelStatus, { loadedFrom, failures }: BatchStatus): Parameters<Metrics['batch']>[1] {
  const ageSeconds = loadedFrom === undefined ? undefined : (Date.now() - Date.parse(loadedFrom)) / 1_000;
  return { ageSeconds, rows, failures };
}
