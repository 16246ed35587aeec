import { FigError } from '../../kernel/fig-error.ts';
import type { Reconciliation } from '../../store/reconciliation-store.ts';
import { type ReconcileOrder, type ReconcileOptions, reconcileReadModel } from '../reconcile/reconcile-read-model.ts';
import type { Lane } from './lane.ts';

/** Comparisons with legacy that are under way in a session, one of each read model at most. */
export class Comparisons {
  readonly #parts: Omit<ReconcileOptions, 'projection' | 'watch'>;
  /** Aborts when the session ends. */
  readonly #ended: AbortSignal;
  readonly #running = new Map<Lane, Promise<unknown>>();

  constructor(parts: Omit<ReconcileOptions, 'projection' | 'watch'>, ended: AbortSignal) {
    this.#parts = parts;
    this.#ended = ended;
  }

  /** Throws FIG_RECONCILE_REFUSED when it cannot be compared now; `lane`: undefined when it is not in the session. */
  async compare(name: string, lane: Lane | undefined, order: ReconcileOrder): Promise<Reconciliation> {
    if (lane?.projection.state !== 'ready' || lane.isOut || this.#ended.aborted) {
      throw new FigError('FIG_RECONCILE_REFUSED', `the read model ${name} is not ready`);
    }
    if (this.#running.has(lane)) {
      throw new FigError('FIG_RECONCILE_REFUSED', `the read model ${name} is being compared already`);
    }
    const running = reconcileReadModel(
      { ...this.#parts, projection: lane.projection, watch: (watcher) => lane.watch(watcher) },
      { ...order, signal: AbortSignal.any([order.signal, this.#ended, lane.out]) },
    );
    this.#running.set(lane, running);
    try {
      return await running;
    } finally {
      this.#running.delete(lane);
    }
  }

  /** Resolves when that of the read model is over, or all are. */
  async over(lane?: Lane): Promise<void> {
    const waited = [...this.#running].filter(([each]) => lane === undefined || each === lane);
    await Promise.allSettled(waited.map(([, comparison]) => comparison));
  }
}
