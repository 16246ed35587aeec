import type { Knex } from 'knex';
import { errorCodes, type ErrorCode } from '../../kernel/error-codes.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { sleep, startLoop, type Service } from '../../kernel/service.ts';
import type { Reconciliation } from '../../store/reconciliation-store.ts';
import {
  endOrder,
  lookAtOrder,
  placeOrder,
  removeOrder,
  takeOrder,
  tellOrder,
  type ReconcileOrderRow,
} from '../../store/reconcile-order-store.ts';
import type { ReconcileProgress } from '../../sync/reconcile/reconcile-read-model.ts';
import type { CaptureView } from '../following/capture-view.ts';

const LOOK_MS = 300;
/** Nobody takes it up within this time: nobody captures. */
const TAKE_UP_MS = 10_000;
/** Who did it has not been seen for so long: it is gone. */
const GONE_MS = 15_000;

type Order = Parameters<CaptureView['reconcile']>[1];

/** Has a comparison done by the process that captures, and waits for it. Throws what that process throws. */
export function reconcileElsewhere(store: Knex): CaptureView['reconcile'] {
  return async (projection, order) => {
    const { repair, source, maxLoad } = order;
    const id = await placeOrder(store, { projection, source, repair, maxLoad });
    try {
      return await untilDone(store, id, order);
    } finally {
      await removeOrder(store, id).catch(() => undefined);
    }
  };
}

async function untilDone(store: Knex, id: string, { onProgress, signal }: Order): Promise<Reconciliation> {
  let told = '';
  for (;;) {
    const state = await lookAtOrder(store, id);
    if (signal.aborted) throw new FigError('FIG_RECONCILE_FAILED', 'it was ended early');
    if (state === undefined) throw new FigError('FIG_RECONCILE_FAILED', 'the order is gone');
    const { isTaken, silentMs, progress, outcome, error } = state;
    const text = JSON.stringify(progress);
    if (progress && text !== told) onProgress(progress as ReconcileProgress);
    told = text;
    if (outcome) return outcome as Reconciliation;
    if (error) throw errorOf(error as StoredError);
    if (!isTaken && silentMs > TAKE_UP_MS) {
      throw new FigError('FIG_RECONCILE_REFUSED', 'no process that captures took it up: is `fig sync` running?');
    }
    if (isTaken && silentMs > GONE_MS) {
      throw new FigError('FIG_RECONCILE_FAILED', 'the process that did it is gone');
    }
    await sleep(LOOK_MS, signal);
  }
}

export interface ReconcileServiceOptions {
  readonly store: Knex;
  /** Of this process. */
  readonly process: string;
  readonly capture: CaptureView;
  /** Whether this process keeps it in step now. */
  readonly isHolder: (projection: string) => boolean;
  readonly log: Log;
}

/** Does the comparisons that other processes order, one after the other. */
export function startReconcileService(options: ReconcileServiceOptions): Service {
  const { store, process, capture, isHolder, log } = options;
  return startLoop({
    name: 'ordered comparisons',
    maxRestMs: 5_000,
    turn: async (signal) => {
      const held = capture.readModels.filter(isHolder);
      const order = held.length > 0 ? await takeOrder(store, process, held) : undefined;
      if (order === undefined) return LOOK_MS;
      await carryOut(options, order, signal);
      return 0;
    },
    onError: (error, attempt) => {
      if ((attempt & (attempt - 1)) !== 0) return;
      log.warn({ attempt, error: describeError(error) }, 'it cannot be looked whether a comparison is ordered');
    },
  });
}

async function carryOut(
  { store, capture, log }: ReconcileServiceOptions,
  { id, projection, source, repair, maxLoad }: ReconcileOrderRow,
  signal: AbortSignal,
): Promise<void> {
  const unwanted = new AbortController();
  let progress: ReconcileProgress | undefined;
  const telling = startLoop({
    name: 'comparison progress',
    turn: async () => {
      if (!(await tellOrder(store, id, progress))) unwanted.abort();
      return LOOK_MS;
    },
    onError: (error) => log.debug({ error: describeError(error) }, 'how far a comparison is could not be told'),
    maxRestMs: 2_000,
  });
  const onProgress = (now: ReconcileProgress): void => void (progress = now);
  const order = { repair, source, maxLoad, onProgress, signal: AbortSignal.any([signal, unwanted.signal]) };
  const end = await capture.reconcile(projection, order).then(
    (outcome) => ({ outcome }),
    (error: unknown) => ({ error: storedError(error) }),
  );
  await telling.stop();
  await endOrder(store, id, end);
}

interface StoredError {
  readonly code: string;
  readonly message: string;
}

function storedError(error: unknown): StoredError {
  return error instanceof FigError
    ? { code: error.code, message: error.message }
    : { code: 'FIG_RECONCILE_FAILED', message: describeError(error) };
}

function errorOf({ code, message }: StoredError): FigError {
  const known: ErrorCode = isErrorCode(code) ? code : 'FIG_RECONCILE_FAILED';
  return new FigError(known, message);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
