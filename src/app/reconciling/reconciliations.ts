import type { Knex } from 'knex';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import { isCaptured } from '../../config/read-model-kinds.ts';
import { defaultMaxLoad } from '../../config/reconcile-rules.ts';
import type { ReconciliationHealth } from '../../cutover/reconciliation-health.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { qualifiedSource, readModelNames } from '../../store/read-model-names.ts';
import { type LastReconciliation, lastReconciliation } from '../../store/reconciliation-store.ts';
import type { ReconcileProgress } from '../../sync/reconcile/reconcile-read-model.ts';
import type { CaptureView } from '../following/capture-view.ts';
import type { ReconcileReport, ReconcileRequest, ReconcileTools, ReconciliationStatus } from '../control.ts';
import { describeReconciliation } from './describe-reconciliation.ts';
import { shareOfParts } from './reconcile-progress.ts';

/**
 * Compares captured read models with the legacy database when asked, and tells how it went the last time. The others are not
 * compared: shared ones are legacy's own rows, and those of a batch are older than legacy by design.
 */
export class Reconciliations {
  readonly #store: Knex;
  readonly #capture: CaptureView | undefined;
  /** Of comparisons that run, by projection: another version of the read model is another one. */
  readonly #progress = new Map<string, number>();

  constructor(store: Knex, capture: CaptureView | undefined) {
    this.#store = store;
    this.#capture = capture;
  }

  /** Throws FIG_RECONCILE_REFUSED, FIG_RECONCILE_FAILED; FIG_USAGE for a source that the read model does not have. */
  async run(
    { name, readModel, reconcile: rules }: NormalizedFeature,
    { repair, source }: ReconcileRequest,
    { onProgress, signal }: ReconcileTools,
  ): Promise<ReconcileReport> {
    if (!readModel || !isCaptured(readModel) || !this.#capture) {
      throw new FigError('FIG_RECONCILE_REFUSED', `the feature ${name} has no read model that is kept by capture`, {
        remedy: 'Only read models with `sources` can be compared.',
      });
    }
    const sources = Object.keys(readModel.sources).map(qualifiedSource);
    const wanted = source === undefined ? undefined : qualifiedSource(source);
    if (wanted !== undefined && !sources.includes(wanted)) {
      throw new FigError('FIG_USAGE', `${readModel.name} has no source ${wanted}; it has: ${sources.join(', ')}`);
    }
    const maxLoad = rules?.maxLoad ?? defaultMaxLoad;
    const shareOf = shareOfParts(wanted === undefined ? sources.length + 1 : 1);
    const { projection } = readModelNames(readModel);
    const noting = (progress: ReconcileProgress): void => {
      this.#progress.set(projection, shareOf(progress));
      onProgress(progress);
    };
    const order = { repair, source: wanted, maxLoad, onProgress: noting, signal };
    const result = await this.#capture
      .reconcile(projection, order)
      .finally(() => void this.#progress.delete(projection));
    return { feature: name, readModel: readModel.name, summary: describeReconciliation(result), ...result };
  }

  /** The last comparison of all sources that came to its end, and how far the one that runs is. */
  async figures({
    readModel,
  }: NormalizedFeature): Promise<{ last: LastReconciliation | undefined; progress: number } | undefined> {
    if (!readModel || !isCaptured(readModel) || !this.#capture) return undefined;
    const { projection } = readModelNames(readModel);
    const last = await lastReconciliation(this.#store, projection, { conclusive: true });
    return { last, progress: this.#progress.get(projection) ?? 0 };
  }

  /** The last comparison of all sources, however it ended. */
  async status({ readModel }: NormalizedFeature): Promise<ReconciliationStatus | undefined> {
    if (!readModel || !isCaptured(readModel) || !this.#capture) return undefined;
    const last = await lastReconciliation(this.#store, readModelNames(readModel).projection, { conclusive: false });
    return last && { state: last.state, finishedAt: last.finishedAt, summary: describeReconciliation(last) };
  }

  /** What the gate may know; undefined when the config does not ask for comparisons. */
  async health({ readModel, reconcile: rules }: NormalizedFeature): Promise<ReconciliationHealth | undefined> {
    if (!readModel || !isCaptured(readModel) || !rules || !this.#capture) return undefined;
    const last = await lastReconciliation(this.#store, readModelNames(readModel).projection, { conclusive: true });
    const { maxAgeSeconds } = rules;
    if (!last || last.state === 'failed') return { last: undefined, summary: 'never', maxAgeSeconds };
    return {
      last: { state: last.state, ageSeconds: last.ageSeconds },
      summary: describeReconciliation(last),
      maxAgeSeconds,
    };
  }
}
