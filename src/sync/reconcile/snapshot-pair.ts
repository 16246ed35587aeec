import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import { sleep } from '../../kernel/service.ts';
import { quoteName } from '../postgres/bulk-upsert.ts';
import type { Projection } from '../projection/projection.ts';
import type { DeliveredXids } from '../delivered-xids.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceSnapshot } from '../postgres/source-snapshot.ts';
import type { StreamWatcher } from '../stream-watcher.ts';
import { mirrorTableName } from '../../store/read-model-names.ts';
import { ComparedTable, type RunQuery } from './compared-table.ts';
import type { LegacyReader } from './legacy-reader.ts';
import { MarkedWindow } from './marked-window.ts';
import { escapedNames } from '../postgres/placeholders.ts';

/** How long the stream may be behind before a run is given up; nothing is held meanwhile. */
const LOW_BUDGET_MS = 600_000;
/** A snapshot of legacy keeps it from cleaning up, so it is not held any longer than this while the stream falls behind. */
const HIGH_BUDGET_MS = 20_000;
const MAX_ATTEMPTS = 100;
const REST_MS = 100;

/** What a run of reconciliation works with. */
export interface ReconcileParts {
  readonly projection: Projection;
  readonly target: Knex;
  readonly legacy: LegacyReader;
  readonly delivered: DeliveredXids;
  /** Shows a watcher the stream until the returned function is called. */
  readonly watch: (watcher: StreamWatcher) => () => void;
  readonly signal: AbortSignal;
  /** Transactions below this one had begun when the run did, some perhaps delivered to a session before this one. */
  readonly firstXid: bigint;
}

/** Legacy and mirror, each in a snapshot, that differ only in rows that `isUnseen` knows. */
export interface SnapshotPair extends AsyncDisposable {
  readonly position: Position;
  readonly source: ComparedTable;
  readonly mirror: ComparedTable;
  /** Whether the mirror has a change of this key that the snapshot of legacy does not see. */
  isUnseen(key: string): boolean;
}

/** What can be said of a snapshot when the stream has reached HIGH. */
export type WindowVerdict =
  | { readonly kind: 'sound'; readonly unseen: ReadonlySet<string> }
  /** Too little is known to compare; another snapshot may do. */
  | { readonly kind: 'again'; readonly why: string };

/** Opens pairs until one is sound. Throws FIG_RECONCILE_FAILED when none is after many attempts. */
export async function openPair(parts: ReconcileParts, mirror: MirrorTable): Promise<SnapshotPair> {
  return retry(parts, () => tryOpen(parts, mirror));
}

/** Repeats an attempt that may end with a reason for another one. */
export async function retry<T>(
  { signal }: ReconcileParts,
  attempt: () => Promise<T | { readonly kind: 'again'; readonly why: string }>,
): Promise<T> {
  let why = '';
  for (let n = 0; n < MAX_ATTEMPTS; n += 1) {
    abandonIf(signal);
    const made = await attempt();
    if (!isAgain(made)) return made;
    ({ why } = made);
    await sleep(REST_MS, signal);
  }
  throw new FigError('FIG_RECONCILE_FAILED', `legacy and mirror could not be seen at one position: ${why}`);
}

export function abandonIf(signal: AbortSignal): void {
  if (signal.aborted) throw new FigError('FIG_RECONCILE_FAILED', 'the comparison was abandoned before its end');
}

/** Judges a snapshot once its window is closed. */
export async function judgeWindow(
  { legacy, delivered, firstXid }: ReconcileParts,
  window: MarkedWindow,
  snapshot: SourceSnapshot,
): Promise<WindowVerdict> {
  if (window.isTorn(snapshot)) return again('a transaction was delivered that snapshots do not see yet');
  const unseen = window.keysUnseenBy(snapshot);
  if (!unseen) return again('a transaction touched the whole table meanwhile');
  // One that committed before this session began was delivered to an earlier one, and is not known here.
  const doubtful = [...snapshot.running].filter(
    (xid) => xid < firstXid && !delivered.wasBefore(Number(xid & 0xffff_ffffn), delivered.count),
  );
  if (doubtful.length > 0) {
    const hidden = await legacy.mayHaveCommitted(doubtful);
    if (hidden.length > 0) return again(`transaction ${hidden[0]} may have committed, and snapshots do not see it`);
  }
  return { kind: 'sound', unseen };
}

/**
 * Writes LOW and waits for the stream to come to it. Only then is a snapshot taken, so that none is held while the stream
 * has much to catch up with. Throws FIG_RECONCILE_FAILED when it does not come.
 */
export async function reachLow({ legacy, signal }: ReconcileParts, id: string, window: MarkedWindow): Promise<void> {
  await legacy.mark(`low ${id}`);
  const opened = await within(
    LOW_BUDGET_MS,
    signal,
    window.opened.then(() => true),
  );
  abandonIf(signal);
  if (opened !== true) throw new FigError('FIG_RECONCILE_FAILED', 'the read model is too far behind legacy');
}

/** Waits for the stream to come to HIGH, as long as a snapshot may be held. */
export function reachHigh(window: MarkedWindow, signal: AbortSignal): Promise<Position | undefined> {
  return within(HIGH_BUDGET_MS, signal, window.closed);
}

async function within<T>(budgetMs: number, signal: AbortSignal, event: Promise<T>): Promise<T | undefined> {
  const giveUp = new AbortController();
  const gaveUp = sleep(budgetMs, AbortSignal.any([signal, giveUp.signal])).then(() => undefined);
  try {
    return await Promise.race([event, gaveUp]);
  } finally {
    giveUp.abort();
  }
}

export function again(why: string): { readonly kind: 'again'; readonly why: string } {
  return { kind: 'again', why };
}

function isAgain(made: unknown): made is { readonly kind: 'again'; readonly why: string } {
  return typeof made === 'object' && made !== null && 'kind' in made && made.kind === 'again';
}

async function tryOpen(
  parts: ReconcileParts,
  mirror: MirrorTable,
): Promise<SnapshotPair | { readonly kind: 'again'; readonly why: string }> {
  const { projection, target, legacy, watch, signal } = parts;
  const id = randomUUID();
  let tx: Knex.Transaction | undefined;
  const close = async (): Promise<void> => {
    await Promise.allSettled([tx?.rollback(), legacy.closeSnapshot()]);
  };
  let stored: Position | undefined;
  const window = new MarkedWindow({
    id,
    table: mirror.source.name,
    key: mirror.key,
    delivered: parts.delivered,
    atHigh: async () => {
      stored = tx && (await projection.positionIn(tx));
    },
  });
  const unwatch = watch(window);
  try {
    await reachLow(parts, id, window);
    // A transaction takes its snapshot with its first query, which is asked at HIGH; the connection must be there by then.
    tx = await target.transaction(undefined, { isolationLevel: 'repeatable read', readOnly: true });
    // It is idle for as long as legacy takes to answer.
    await tx.raw('SET LOCAL idle_in_transaction_session_timeout = 0');
    const snapshot = await legacy.openSnapshot();
    await legacy.mark(`high ${id}`);
    const high = await reachHigh(window, signal);
    unwatch();
    if (high === undefined) {
      await close();
      return again('the read model is too far behind');
    }
    const verdict =
      stored === high ? await judgeWindow(parts, window, snapshot) : again('the read model is at another position');
    if (verdict.kind === 'again') {
      await close();
      return verdict;
    }
    return {
      position: high,
      source: legacy.table(mirror),
      mirror: mirrorIn(tx, parts, mirror, await encodingOf(tx)),
      isUnseen: (key) => verdict.unseen.has(key),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    unwatch();
    await close();
    throw error;
  }
}

function mirrorIn(
  tx: Knex.Transaction,
  { projection }: ReconcileParts,
  { source, keyColumns }: MirrorTable,
  encoding: string,
): ComparedTable {
  const columns = source.columns.map(({ name, mirrorType }) => ({ name, type: mirrorType }));
  const run: RunQuery = async (sql, bindings) => {
    const result = await tx.raw(escapedNames(sql), [...bindings] as never);
    return (result as { rows: Record<string, string>[] }).rows;
  };
  return new ComparedTable({
    run,
    table: `${quoteName(projection.names.mirror)}."${mirrorTableName(source.name)}"`,
    key: keyColumns,
    columns,
    encoding,
  });
}

async function encodingOf(tx: Knex.Transaction): Promise<string> {
  const result = await tx.raw('SHOW server_encoding');
  return (result as { rows: { server_encoding: string }[] }).rows[0]!.server_encoding;
}
