import type { SyncProgress } from '../../sync/backfill/backfill.ts';
import type { ProgressEvent } from '../starting/running-fig.ts';

/** Turns the capture's progress into the steps that front ends draw. */
export function showSyncProgress(onProgress: (event: ProgressEvent) => void): (progress: SyncProgress) => void {
  let last: { step: string; total: number } | undefined;
  return ({ stage, source, readModel, done, total }) => {
    const step = stage === 'copying' ? `copy ${source}` : `build ${readModel}`;
    if (last?.step !== step) {
      if (last) onProgress({ step: last.step, state: 'done', done: last.total, total: last.total });
      onProgress({ step, state: 'started', done: 0, total });
    }
    last = { step, total };
    onProgress({ step, state: 'progress', done, total });
    if (stage === 'building' && done >= total) {
      onProgress({ step, state: 'done', done, total });
      last = undefined;
    }
  };
}
