import { readModelFingerprint } from '../config/fingerprint.ts';
import { FigError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { formatPosition, type Position } from '../kernel/position.ts';
import { SourceShapeStore } from '../store/source-shape-store.ts';
import type { Knex } from 'knex';
import { carryBornNull } from './carry-born-null.ts';
import type { DeclarativeProjection } from './declarative-projection.ts';
import { judgeShapeChange } from './judge-shape-change.ts';
import { projectionFingerprint, type SourceIdentity } from './postgres/identify-source.ts';
import type { Slot } from './postgres/slot.ts';
import type { SourceShape } from './postgres/source-shape.ts';

export interface TakeUpOptions {
  readonly target: Knex;
  readonly log: Log;
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
}

/** `anew`: restart it from nothing. Else it goes on, once it was mended, which is only for whoever holds the slot. */
export type TakenUp = 'anew' | { readonly mend: () => Promise<void> };

export function fingerprintOf(projection: DeclarativeProjection, identity: SourceIdentity): string {
  return projectionFingerprint(readModelFingerprint(projection.definition), identity);
}

/**
 * Resumes a projection. It has to start anew when there is nothing, when it was made by another definition or from another
 * server, or when changes are missing between its position and the slot's. Tables that were changed are copied again.
 */
export async function takeUp(
  projection: DeclarativeProjection,
  slot: Slot,
  identity: SourceIdentity,
  options: TakeUpOptions,
): Promise<TakenUp> {
  const { name } = projection.definition;
  const known = await projection.resume(fingerprintOf(projection, identity));
  // A position past the end of the log is one of a server that was restored to an earlier time.
  const misplaced = known && (projection.position < slot.confirmed || projection.position > identity.end);
  if (misplaced) {
    const error = new FigError(
      'FIG_SLOT_PASSED',
      `the read model ${name} stands at ${formatPosition(projection.position)}, the slot at ${formatPosition(slot.confirmed)} and the log ends at ${formatPosition(identity.end)}`,
    );
    options.log.warn(
      { readModel: name, code: error.code, error: error.message },
      'changes are missing; building again',
    );
  }
  if (known && !misplaced) return mendShapes(projection, options);
  options.onPosition(name, undefined);
  return 'anew';
}

async function mendShapes(projection: DeclarativeProjection, options: TakeUpOptions): Promise<TakenUp> {
  const { name } = projection.definition;
  const stored = await new SourceShapeStore().read(options.target, projection.names.projection);
  const adopt = new Map<string, SourceShape>();
  // Their mirrors may hold what an earlier session landed; empty, they need nothing that lies before their copies.
  const again = [...(await projection.uncopied())];
  for (const [source, { source: table }] of projection.mirrors) {
    if (again.includes(source)) continue;
    const known = stored.get(source);
    if (!known) {
      again.push(source);
      continue;
    }
    const before = known.shape as SourceShape;
    const { effect, reasons } = judgeShapeChange(before, table.shape, known.suspicion);
    if (effect === 'recopy') again.push(source);
    else adopt.set(source, carryBornNull(before, table.shape));
    if (reasons.length > 0) {
      options.log.warn({ readModel: name, table: source, effect, reasons }, 'a legacy table was changed');
    }
  }
  if (again.length > 0) options.onPosition(name, undefined);
  return {
    mend: async () => {
      for (const [source, shape] of adopt) await projection.adoptShape(source, shape);
      if (again.length > 0) await projection.copyAgain(again);
    },
  };
}
