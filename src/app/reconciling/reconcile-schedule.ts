import type { FeatureVersion } from '../../config/feature-versions.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { type Service, startLoop } from '../../kernel/service.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import type { CaptureView } from '../following/capture-view.ts';
import type { Reconciliations } from './reconciliations.ts';

/** How often it is looked whether a read model is ready, and its comparison due. */
const LOOK_EVERY_MS = 1_000;
/** A comparison that failed is not begun again before this. */
const MAX_REST_MS = 300_000;

export interface ReconcileScheduleOptions {
  readonly versions: readonly FeatureVersion[];
  readonly reconciliations: Reconciliations;
  readonly capture: CaptureView;
  readonly log: Log;
}

/**
 * Compares every read model when it has been made, or made anew, and again whenever the last comparison is as old as its feature says.
 * One after the other, so that legacy is never asked by two.
 */
export function startReconcileSchedule(options: ReconcileScheduleOptions): Service {
  const { versions, log } = options;
  return startLoop({
    name: 'reconciliation',
    maxRestMs: MAX_REST_MS,
    turn: async (signal) => {
      const failures: unknown[] = [];
      for (const feature of versions) {
        try {
          if (!signal.aborted && (await isDue(options, feature))) await compare(options, feature, signal);
        } catch (error) {
          failures.push(new Error(`feature ${feature.key}`, { cause: error }));
        }
      }
      if (failures.length > 0) throw new AggregateError(failures);
      return LOOK_EVERY_MS;
    },
    onError: (error, attempt) => {
      log.warn({ attempt, error: describeError(error) }, 'a read model was not compared with legacy; trying again');
    },
  });
}

async function compare(
  { reconciliations, log }: ReconcileScheduleOptions,
  feature: FeatureVersion,
  signal: AbortSignal,
): Promise<void> {
  const order = { repair: feature.reconcile?.repair === true };
  const { state, summary } = await reconciliations.run(feature, order, { onProgress: () => undefined, signal });
  log.info({ feature: feature.key, state, summary }, 'the read model was compared with legacy');
}

async function isDue(
  { reconciliations, capture }: ReconcileScheduleOptions,
  feature: FeatureVersion,
): Promise<boolean> {
  const { readModel, reconcile } = feature;
  if (!readModel || !reconcile || capture.progressOf(readModelNames(readModel).projection).state !== 'ready')
    return false;
  const { last } = (await reconciliations.figures(feature)) ?? {};
  return last?.position === undefined || last.ageSeconds * 1_000 >= reconcile.everyMs;
}
