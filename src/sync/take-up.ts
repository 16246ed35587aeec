import type { Client } from 'pg';
import { readModelFingerprint } from '../config/fingerprint.ts';
import { FigError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { formatPosition } from '../kernel/position.ts';
import type { DeclarativeProjection } from './declarative-projection.ts';
import { judgeLog, judgePosition, type PositionVerdict } from './judge-position.ts';
import type { SourceTable } from './postgres/catalog.ts';
import { projectionFingerprint, type SourceIdentity } from './postgres/identify-source.ts';
import { ensureSlot, type Slot } from './postgres/slot.ts';

export interface TakeUpOptions {
  readonly client: Client;
  /** Name of the slot and of the publication. */
  readonly name: string;
  readonly tables: readonly SourceTable[];
  readonly projections: readonly DeclarativeProjection[];
  readonly identity: SourceIdentity;
  readonly log: Log;
  /** Told of each read model whose rows cannot be carried on with, as soon as that is known. */
  readonly onUnusable: (projection: DeclarativeProjection) => void;
}

export interface TakenUp {
  readonly slot: Slot;
  /** These have to start anew. */
  readonly fresh: ReadonlySet<DeclarativeProjection>;
}

/**
 * Resumes the projections and finds or makes the slot. A projection has to start anew when there is nothing stored, when
 * it was made by another definition, from another server or other columns, or when changes are missing or too many.
 */
export async function takeUp(options: TakeUpOptions): Promise<TakenUp> {
  const { client, name, tables, projections, identity, log, onUnusable } = options;
  const fresh = new Set<DeclarativeProjection>();
  let isForked = false;
  for (const projection of projections) {
    if (!(await projection.resume(fingerprintOf(projection, identity)))) {
      fresh.add(projection);
      onUnusable(projection);
      continue;
    }
    const verdict = judgeLog(projection.stored, identity);
    if (verdict === 'resume') continue;
    isForked = true;
    fresh.add(projection);
    onUnusable(projection);
    warn(log, projection, verdict, identity);
  }
  const slot = await ensureSlot(client, name, tables, {
    // A slot that stands in a log which the server has left would keep back what is written now.
    isUseless: (confirmed) => isForked || confirmed > identity.end,
    onMake: () => projections.forEach(onUnusable),
    log,
  });
  for (const projection of projections) {
    if (fresh.has(projection)) continue;
    const verdict = judgePosition(projection.stored, slot.confirmed, identity);
    if (verdict === 'resume') {
      await projection.reachedOn(identity.timeline);
    } else {
      fresh.add(projection);
      onUnusable(projection);
      warn(log, projection, verdict, identity, slot);
    }
  }
  return { slot, fresh };
}

export function fingerprintOf(projection: DeclarativeProjection, identity: SourceIdentity): string {
  const sources = [...projection.mirrors.values()].map(({ source }) => source);
  return projectionFingerprint(readModelFingerprint(projection.definition), identity, sources);
}

function warn(
  log: Log,
  projection: DeclarativeProjection,
  verdict: Exclude<PositionVerdict, 'resume'>,
  identity: SourceIdentity,
  slot?: Slot,
): void {
  const { name } = projection.definition;
  const { position, timeline } = projection.stored;
  const stands = `the read model ${name} stands at ${formatPosition(position)} of timeline ${timeline ?? '?'}`;
  const error =
    verdict === 'slot-passed'
      ? new FigError('FIG_SLOT_PASSED', `${stands}, the slot at ${slot ? formatPosition(slot.confirmed) : '?'}`)
      : new FigError(
          'FIG_LOG_FORKED',
          `${stands}; the log of the server ends at ${formatPosition(identity.end)} of timeline ${identity.timeline}`,
        );
  log.warn({ readModel: name, code: error.code, error: error.message }, 'the read model is built again');
}
