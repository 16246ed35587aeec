import type { Knex } from 'knex';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import {
  beginReconciliation,
  type ComparedPart,
  type DifferenceKind,
  type DifferenceSample,
  endReconciliation,
  type Reconciliation,
} from '../../store/reconciliation-store.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import type { Projection } from '../projection/projection.ts';
import type { DirtyBuild } from '../projection/dirty-build.ts';
import type { DeliveredXids } from '../delivered-xids.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { StreamWatcher } from '../stream-watcher.ts';
import { compareKeys, compareReadModel } from './compare-read-model.ts';
import { compareSource } from './compare-source.ts';
import { keyOfText, textOfKey } from '../mirror/collapse-changes.ts';
import type { Key } from './compared-table.ts';
import { LegacyReader } from './legacy-reader.ts';
import { maskedKey } from './masked-key.ts';
import { repairRows } from './repair-rows.ts';
import { settleKeys } from './settle-keys.ts';
import type { ReconcileParts } from './snapshot-pair.ts';
import { stateOf } from './state-of.ts';

/** Rounds of repair after which what still differs is given up. */
const MAX_REPAIRS = 5;
const SAMPLES_PER_PART = 20;

export interface ReconcileProgress {
  /** Legacy table, or the read model itself. */
  readonly part: string;
  readonly done: number;
  readonly total: number;
}

export interface ReconcileOrder {
  /** Puts right what differs. */
  readonly repair: boolean;
  /** One of the legacy tables, `schema.table`; the others and the read model itself are then left out. */
  readonly source?: string | undefined;
  /** Share of time that legacy may work for it, 0 to 1. */
  readonly maxLoad: number;
  readonly onProgress: (progress: ReconcileProgress) => void;
  readonly signal: AbortSignal;
}

export interface ReconcileOptions {
  readonly projection: Projection;
  readonly target: Knex;
  /** Connection URL of the legacy database. */
  readonly url: string;
  readonly delivered: DeliveredXids;
  readonly watch: (watcher: StreamWatcher) => () => void;
  /** Runs work while nothing is applied. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly log: Log;
}

interface Findings {
  readonly parts: ComparedPart[];
  readonly samples: DifferenceSample[];
  position: Position | undefined;
}

interface PartOutcome {
  readonly part: ComparedPart;
  /** By the text of the key. */
  readonly differing: ReadonlyMap<string, DifferenceKind>;
  /** Of the key's columns. */
  readonly types: readonly string[];
}

/** Compares a read model with legacy while both go on, says what differs, and puts it right if told to. */
export async function reconcileReadModel(options: ReconcileOptions, order: ReconcileOrder): Promise<Reconciliation> {
  const { projection, target, log } = options;
  const { projection: name } = projection.names;
  const whole = order.source === undefined;
  const id = await beginReconciliation(target, { projection: name, repair: order.repair, whole });
  const findings: Findings = { parts: [], samples: [], position: undefined };
  let error: unknown;
  try {
    await compareAll(options, order, findings);
  } catch (thrown) {
    error = thrown;
  }
  const state = error === undefined ? stateOf(findings.parts) : 'failed';
  const end = { ...findings, state, error: error === undefined ? undefined : describeError(error) } as const;
  const stored = await endReconciliation(target, id, end);
  if (error !== undefined) throw error;
  if (!stored) throw new FigError('FIG_RECONCILE_FAILED', `the read model ${name} was built anew meanwhile`);
  if (state !== 'clean')
    log.warn({ readModel: name, state, parts: findings.parts }, 'the read model differed from legacy');
  return stored;
}

async function compareAll(options: ReconcileOptions, order: ReconcileOrder, findings: Findings): Promise<void> {
  const { projection, target } = options;
  const secret = await sharedSecret(target, 'reconciliation keys');
  await using legacy = await LegacyReader.open(options.url);
  const parts: ReconcileParts = {
    projection,
    target,
    legacy,
    delivered: options.delivered,
    watch: options.watch,
    signal: order.signal,
    firstXid: await legacy.nextXid(),
  };
  const note = ({ part, differing, types }: PartOutcome): void => {
    findings.parts.push(part);
    for (const [key, kind] of [...differing].slice(0, SAMPLES_PER_PART)) {
      findings.samples.push({ part: part.name, kind, key: maskedKey(key, types, secret) });
    }
  };
  for (const [source, mirror] of projection.mirrors) {
    if (order.source !== undefined && order.source !== source) continue;
    note(await reconcileSource(parts, mirror, order));
  }
  // What handlers made of the rows cannot be made again for comparison; their sources are all that can be compared.
  const { keyed } = projection;
  if (order.source === undefined && keyed) note(await reconcileModel(options, keyed, order));
  findings.position = projection.position;
}

async function reconcileSource(
  parts: ReconcileParts,
  mirror: MirrorTable,
  { repair, maxLoad, onProgress }: ReconcileOrder,
): Promise<PartOutcome> {
  const { name, estimatedRows } = mirror.source;
  const tell = (done: number, isEnd: boolean): void =>
    onProgress({ part: name, done, total: isEnd ? done : Math.max(done + 1, estimatedRows) });
  const compared = await compareSource(parts, mirror, { maxLoad, onRows: (rows) => tell(rows, false) });
  const { differing, undecided } = await settleKeys(parts, mirror, compared.suspects);
  const keyOf = (text: string): Key => keyOfText(text, mirror.key.length);
  let left: readonly Key[] = [...differing.keys()].map(keyOf);
  for (let round = 0; repair && round < MAX_REPAIRS && left.length > 0; round += 1) {
    await repairRows(parts, mirror, left);
    const settled = await settleKeys(parts, mirror, left);
    left = [...[...settled.differing.keys()].map(keyOf), ...settled.undecided];
  }
  tell(compared.rows, true);
  const part = {
    name,
    rows: compared.rows,
    ...countKinds(differing),
    undetermined: undecided.length,
    repaired: repair ? differing.size - left.length : 0,
    truncated: compared.truncated,
  };
  return { part, differing, types: mirror.keyTypes };
}

async function reconcileModel(
  { projection, target, exclusively }: ReconcileOptions,
  keyed: DirtyBuild,
  { repair, onProgress, signal }: ReconcileOrder,
): Promise<PartOutcome> {
  const { name } = projection.definition;
  const parts = { projection, keyed, target, signal };
  let estimate = 0;
  for (const { source } of projection.mirrors.values()) estimate = Math.max(estimate, source.estimatedRows);
  const { keys, keyType, differing, truncated, leftOut } = await compareReadModel(parts, (done) => {
    onProgress({ part: name, done, total: Math.max(done + 1, estimate) });
  });
  let left = [...differing.keys()];
  if (repair && left.length > 0) {
    for (const slice of slicesOf(left, 500)) await exclusively(() => projection.rebuildKeys(slice));
    left = [...(await compareKeys(parts, left)).keys()];
  }
  onProgress({ part: name, done: keys, total: keys });
  const repaired = repair ? differing.size - left.length : 0;
  return {
    part: { name, rows: keys, ...countKinds(differing), undetermined: 0, repaired, truncated, leftOut },
    differing: new Map([...differing].map(([key, kind]) => [textOfKey([key]), kind])),
    types: [keyType],
  };
}

function countKinds(differing: ReadonlyMap<string, DifferenceKind>): Record<DifferenceKind, number> {
  const counts = { missing: 0, extra: 0, different: 0 };
  for (const kind of differing.values()) counts[kind] += 1;
  return counts;
}

function slicesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
