import type { FeatureReport, QuarantineReport } from '../app/reports/feature-report.ts';
import type {
  KillSwitchOrder,
  KillSwitchReport,
  ReconcileProgress,
  ReconcileReport,
  ReconcileRequest,
  ReloadOutcome,
  StatusReport,
  TransitionOutcome,
  VerificationReport,
} from '../app/control.ts';
import type { DeadLetterDesk, DeadLetterReport, LetterOutcome } from '../app/dead-letter-reports.ts';
import type { DropOrder, DropOutcome, LiftOrder, SwapOrder, VersionOrder, VersionReport } from '../app/control.ts';
import type { TailItem, TailRequest } from '../app/tail/event-tail.ts';
import type { PromoteOrder, RollbackOrder } from '../cutover/ports.ts';
import { errorCodes, type ErrorCode } from '../kernel/error-codes.ts';
import { FigError } from '../kernel/fig-error.ts';
import { linesOf } from './read-lines.ts';

const TIMEOUT_MS = 30_000;
/** A large sample takes as many builds. */
const VERIFY_TIMEOUT_MS = 600_000;

/** An answer as it came over the wire, and what it says. */
interface Answer<T> {
  readonly json: string;
  readonly value: T;
}

export interface AdminClient {
  status(): Promise<Answer<StatusReport>>;
  report(feature: string): Promise<Answer<FeatureReport>>;
  /** A refusal is an answer: `moved` is false. */
  promote(feature: string, request: PromoteOrder): Promise<Answer<TransitionOutcome>>;
  /** Takes as long as it takes; tells how far it is meanwhile. */
  reconcile(
    feature: string,
    request: ReconcileRequest,
    onProgress: (progress: ReconcileProgress) => void,
  ): Promise<Answer<ReconcileReport>>;
  /**
   * Changes as they go through, each with its JSON, until the signal aborts. Throws FIG_NOT_RUNNING when the fig goes away.
   */
  tail(request: TailRequest, signal: AbortSignal): AsyncGenerator<Answer<TailItem>>;
  reload(): Promise<Answer<ReloadOutcome>>;
  rollback(feature: string, request: RollbackOrder): Promise<Answer<TransitionOutcome>>;
  killSwitch(order: KillSwitchOrder): Promise<Answer<KillSwitchReport>>;
  verifyModel(feature: string, request: { readonly sample: number }): Promise<Answer<VerificationReport>>;
  deadLetters(feature: string | undefined): Promise<Answer<{ readonly letters: readonly DeadLetterReport[] }>>;
  deadLetter(id: number): Promise<Answer<DeadLetterReport>>;
  retryDeadLetters(order: Parameters<DeadLetterDesk['retry']>[0]): Promise<Answer<LetterOutcome>>;
  quarantine(): Promise<Answer<{ readonly routes: readonly QuarantineReport[] }>>;
  liftQuarantine(order: LiftOrder): Promise<Answer<QuarantineReport>>;
  readModels(): Promise<Answer<{ readonly readModels: readonly VersionReport[] }>>;
  /** A refusal is an answer: `moved` is false. */
  swapVersion(feature: string, order: SwapOrder): Promise<Answer<TransitionOutcome>>;
  swapVersionBack(feature: string, order: VersionOrder): Promise<Answer<TransitionOutcome>>;
  dropVersion(feature: string, order: DropOrder): Promise<Answer<DropOutcome>>;
  discardDeadLetter(id: number, order: Parameters<DeadLetterDesk['discard']>[1]): Promise<Answer<LetterOutcome>>;
}

/** Asks a running fig. Throws FIG_NOT_RUNNING when nobody answers, else the error that the admin server gave. */
export function createAdminClient(admin: URL, token: string | undefined): AdminClient {
  const ask = async <T>(path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<Answer<T>> => {
    const response = await send(new URL(path, admin), token, body, timeoutMs);
    const json = await response.text();
    return { json, value: readAnswer(admin, response.status, json) };
  };
  return {
    status: () => ask('/status'),
    report: (feature) => ask(featurePath(feature, 'report')),
    reconcile: async (feature, request, onProgress) => {
      const url = new URL(featurePath(feature, 'reconcile'), admin);
      const response = await send(url, token, request, Number.POSITIVE_INFINITY);
      let last = '';
      for await (const line of response.body ? linesOf(response.body) : []) {
        last = line;
        const { progress }: ReconcileLine = readAnswer(admin, 200, line);
        if (progress) onProgress(progress);
      }
      const { outcome }: ReconcileLine = readAnswer(admin, response.status, last);
      if (!outcome) throw new FigError('FIG_NOT_RUNNING', `the fig at ${admin.origin} went away before the end`);
      return { json: JSON.stringify(outcome), value: outcome };
    },
    tail: (request, signal) => tail(admin, token, request, signal),
    reload: () => ask('/reload', {}),
    promote: (feature, request) => ask(featurePath(feature, 'promote'), request),
    rollback: (feature, request) => ask(featurePath(feature, 'rollback'), request),
    killSwitch: (order) => ask('/kill-switch', order),
    verifyModel: (feature, request) => ask(featurePath(feature, 'verify'), request, VERIFY_TIMEOUT_MS),
    deadLetters: (feature) =>
      ask(feature === undefined ? '/dead-letters' : `/dead-letters?feature=${encodeURIComponent(feature)}`),
    deadLetter: (id) => ask(`/dead-letters/${id}`),
    retryDeadLetters: ({ id, ...order }) =>
      ask(id === undefined ? '/dead-letters/retry' : `/dead-letters/${id}/retry`, order),
    quarantine: () => ask('/quarantine'),
    liftQuarantine: (order) => ask('/quarantine/lift', order),
    readModels: () => ask('/read-models'),
    swapVersion: (feature, order) => ask(featurePath(feature, 'versions/swap'), order),
    swapVersionBack: (feature, order) => ask(featurePath(feature, 'versions/back'), order),
    dropVersion: (feature, order) => ask(featurePath(feature, 'versions/drop'), order),
    discardDeadLetter: (id, order) => ask(`/dead-letters/${id}/discard`, order),
  };
}

async function* tail(
  admin: URL,
  token: string | undefined,
  request: TailRequest,
  signal: AbortSignal,
): AsyncGenerator<Answer<TailItem>> {
  const url = new URL('/events/tail', admin);
  for (const [name, value] of Object.entries(request)) if (value !== undefined) url.searchParams.set(name, value);
  try {
    const response = await send(url, token, undefined, signal);
    if (!response.ok) readAnswer(admin, response.status, await response.text());
    for await (const json of response.body ? linesOf(response.body) : []) {
      const value = readAnswer(admin, 200, json);
      // A sign of life says nothing.
      if (json !== '{}') yield { json, value };
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof FigError) throw error;
    throw new FigError('FIG_NOT_RUNNING', `the fig at ${admin.origin} went away`, { cause: error });
  }
  if (!signal.aborted) throw new FigError('FIG_NOT_RUNNING', `the fig at ${admin.origin} went away`);
}

function featurePath(feature: string, verb: string): string {
  return `/features/${encodeURIComponent(feature)}/${verb}`;
}

async function send(
  url: URL,
  token: string | undefined,
  body: unknown,
  patience: number | AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined && token !== '') headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'x-fig-admin': '1' });
  const method = body === undefined ? 'GET' : 'POST';
  const isBound = typeof patience === 'number' && Number.isFinite(patience);
  const signal = typeof patience === 'number' ? isBound && AbortSignal.timeout(patience) : patience;
  try {
    return await fetch(url, {
      method,
      headers,
      ...(signal && { signal }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new FigError('FIG_NOT_RUNNING', `no running fig answers at ${url.origin}`, { cause: error });
  }
}

/** One line of the answer to a comparison. */
interface ReconcileLine {
  readonly progress?: ReconcileProgress | undefined;
  readonly outcome?: ReconcileReport | undefined;
}

interface ErrorBody {
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly remedy?: unknown } | undefined;
}

/** The admin API is ours and of one version with us, so its answers are taken for what they claim to be. */
function readAnswer(admin: URL, status: number, json: string) {
  let value;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new FigError('FIG_NOT_RUNNING', `what answers at ${admin.origin} is not fig (status ${status}, no JSON)`, {
      cause: error,
    });
  }
  const { error }: ErrorBody = typeof value === 'object' && value !== null ? value : {};
  // 409 without an error is a refused transition, which is an outcome like any other.
  if (error === undefined && (status === 200 || status === 409)) return value;
  const { code, message, remedy } = error ?? {};
  throw new FigError(knownCode(code), typeof message === 'string' ? message : `fig answered with status ${status}`, {
    remedy: typeof remedy === 'string' ? remedy : undefined,
  });
}

function knownCode(code: unknown): ErrorCode {
  return typeof code === 'string' && isErrorCode(code) ? code : 'FIG_INTERNAL';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
