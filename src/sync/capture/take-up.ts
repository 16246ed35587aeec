import type { Knex } from 'knex';
import type { Client } from 'pg';
import { readModelFingerprint } from '../../config/fingerprint.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { formatPosition } from '../../kernel/position.ts';
import { SourceShapeStore } from '../../store/source-shape-store.ts';
import { carryJoined } from './carry-joined.ts';
import type { ChangeSource, StartPoint } from './change-source.ts';
import type { Projection } from '../projection/projection.ts';
import { judgeShapeChange } from './judge-shape-change.ts';
import { judgeLog, judgePosition, type PositionVerdict, type StoredPosition } from './judge-position.ts';
import { projectionFingerprint, type SourceIdentity } from '../postgres/identify-source.ts';
import type { ColumnFill } from '../mirror/source-copies.ts';
import type { SourceShape } from '../postgres/source-shape.ts';

export interface TakeUpOptions {
  readonly client: Client;
  readonly target: Knex;
  readonly source: ChangeSource;
  /** Name of the slot and of the publication. */
  readonly name: string;
  readonly projections: readonly Projection[];
  readonly identity: SourceIdentity;
  /** Asks the server who it is once more. */
  readonly identifyAgain: () => Promise<SourceIdentity>;
  /** See `CaptureTimes`. */
  readonly createSlotBudgetMs: number;
  readonly log: Log;
  /** Told of each read model whose rows cannot be carried on with, as soon as that is known. */
  readonly onUnusable: (projection: Projection) => void;
}

export interface TakenUp {
  readonly start: StartPoint;
  /** These have to start anew. */
  readonly fresh: ReadonlySet<Projection>;
  /** The others go on once they were mended, which is only for whoever holds the slot. */
  readonly mend: ReadonlyMap<Projection, () => Promise<void>>;
}

/**
 * Resumes the projections and finds where changes can be had from. A projection has to start anew when there is nothing stored, when
 * it was made by another definition, from another server, or when changes are missing or too many. Tables that were
 * changed are copied again.
 */
export async function takeUp(options: TakeUpOptions): Promise<TakenUp> {
  const { projections, identity, log, onUnusable } = options;
  const fresh = new Set<Projection>();
  const mend = new Map<Projection, () => Promise<void>>();
  let isForked = false;
  for (const projection of projections) {
    if (!(await projection.resume(fingerprintOf(projection, identity)))) {
      fresh.add(projection);
      onUnusable(projection);
      continue;
    }
    const verdict = await judged(projection, options, judgeLog);
    if (verdict === 'resume') continue;
    isForked = true;
    fresh.add(projection);
    onUnusable(projection);
    warn(log, projection, verdict, identity);
  }
  const start = await options.source.find({ ...options, isForked, onMake: () => projections.forEach(onUnusable) });
  for (const projection of projections) {
    if (fresh.has(projection)) continue;
    const verdict = await judged(projection, options, (stored, now) => judgePosition(stored, start.oldest, now));
    if (verdict === 'resume') {
      const mendShape = await mendShapes(projection, options);
      mend.set(projection, async () => {
        await projection.reachedOn(identity.timeline);
        await mendShape();
      });
    } else {
      fresh.add(projection);
      onUnusable(projection);
      warn(log, projection, verdict, identity, { code: options.source.passedCode, start });
    }
  }
  return { start, fresh, mend };
}

export function fingerprintOf(projection: Projection, identity: SourceIdentity): string {
  return projectionFingerprint(readModelFingerprint(projection.definition), identity);
}

/**
 * What was stored and where the log ends were not asked for at one moment, and another fig that holds the slot may have
 * moved both on meanwhile. So nothing is condemned before it was looked at again, in the order in which they follow each other.
 */
async function judged(
  projection: Projection,
  { identity, identifyAgain }: TakeUpOptions,
  judge: (stored: StoredPosition, identity: SourceIdentity) => PositionVerdict,
): Promise<PositionVerdict> {
  const verdict = judge(projection.stored, identity);
  if (verdict === 'resume') return verdict;
  await projection.resume(fingerprintOf(projection, identity));
  return judge(projection.stored, await identifyAgain());
}

async function mendShapes(
  projection: Projection,
  { target, log, onUnusable }: TakeUpOptions,
): Promise<() => Promise<void>> {
  const { name } = projection.definition;
  const stored = await new SourceShapeStore().read(target, projection.names.projection);
  const adopt = new Map<string, SourceShape>();
  const fill = new Map<string, ColumnFill>();
  const again: string[] = [];
  const copies = await projection.copies.progress();
  for (const [source, { source: table }] of projection.mirrors) {
    const copy = copies.get(source);
    const isWhole = copy?.done === false && copy.columns === undefined;
    // Its mirror may hold what an earlier session landed; empty, it needs nothing that lies before its copy.
    if (isWhole && copy.cursor === null) {
      again.push(source);
      continue;
    }
    const known = stored.get(source);
    if (!known) {
      again.push(source);
      continue;
    }
    const before = known.shape as SourceShape;
    const { effect, reasons, fill: columns } = judgeShapeChange(before, table.shape, known.suspicion);
    const unfilled = copy?.done === false ? (copy.columns ?? []) : [];
    // A copy that is under way has rows without the new column and will have rows with it.
    if (effect === 'recopy' || (effect === 'fill' && isWhole)) again.push(source);
    else if (effect === 'fill') {
      const all = [...new Set([...unfilled, ...columns])];
      fill.set(source, { shape: carryJoined(before, table.shape, all), columns: all });
    } else adopt.set(source, carryJoined(before, table.shape));
    if (reasons.length > 0) {
      log.warn({ readModel: name, table: source, effect, reasons }, 'a legacy table was changed');
    }
  }
  if (again.length + fill.size > 0) onUnusable(projection);
  return async () => {
    for (const [source, shape] of adopt) await projection.copies.adoptShape(source, shape);
    if (fill.size > 0) await projection.fillColumns(fill);
    if (again.length > 0) await projection.copyAgain(again);
  };
}

function warn(
  log: Log,
  projection: Projection,
  verdict: Exclude<PositionVerdict, 'resume'>,
  identity: SourceIdentity,
  passed?: { readonly code: ChangeSource['passedCode']; readonly start: StartPoint },
): void {
  const { name } = projection.definition;
  const { position, timeline } = projection.stored;
  const stands = `the read model ${name} stands at ${formatPosition(position)} of timeline ${timeline ?? '?'}`;
  const error =
    verdict === 'slot-passed' && passed
      ? new FigError(passed.code, `${stands}, and changes can be had from ${formatPosition(passed.start.oldest)} on`)
      : new FigError(
          'FIG_LOG_FORKED',
          `${stands}; the log of the server ends at ${formatPosition(identity.end)} of timeline ${identity.timeline}`,
        );
  log.warn({ readModel: name, code: error.code, error: error.message }, 'the read model is built again');
}
