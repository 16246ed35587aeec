import type { Knex } from 'knex';
import type { FeatureVersion } from '../../config/feature-versions.ts';
import { isHandled } from '../../config/read-model-kinds.ts';
import { automaticMover } from '../../cutover/controller.ts';
import { rollbackTarget } from '../../cutover/read-phases.ts';
import { sleep } from '../../kernel/service.ts';
import type { Log } from '../../kernel/log.ts';
import { createPhaseStore } from '../../store/phase-store.ts';

export interface LeaveOptions {
  /** The control store. */
  readonly store: Knex;
  /** Versions of features that the read model, which is about to be emptied, belongs to. */
  readonly owners: readonly FeatureVersion[];
  /** So long every proxy takes to hear of phases at most. */
  readonly graceMs: number;
  readonly log: Log;
}

const why =
  'the read model is made anew, and its domain events may not all be there any more: it has to prove itself again';

/**
 * Domain events go by: messages are in no table, and rows of an outbox may have been deleted. What is made of those that are left is
 * another read model than the one that was proven, so users leave it before it is emptied, and do not come back to it
 * unproven. Does nothing where nobody is served from it, nor for read models without such events.
 */
export async function leaveBeforeEmptying({ store, owners, graceMs, log }: LeaveOptions): Promise<void> {
  const ofEvents = owners.filter(
    ({ readModel }) => readModel && isHandled(readModel) && readModel.events !== undefined,
  );
  let hasMoved = false;
  for (const { name, version } of ofEvents) hasMoved = (await leave(store, name, version, log)) || hasMoved;
  if (hasMoved) await sleep(graceMs);
}

/** Whether reads went back. */
async function leave(store: Knex, feature: string, version: number | undefined, log: Log): Promise<boolean> {
  const phases = createPhaseStore(store);
  for (;;) {
    const serving = (await phases.snapshot()).features.get(feature)?.version;
    // Another version may be the one that serves.
    if (serving !== undefined && serving !== version) return false;
    const row = await phases.get(feature);
    const choice = row && rollbackTarget(row.reads, 'shadow');
    if (row === undefined || choice?.kind !== 'move') return false;
    const { to } = choice;
    const move = { feature, expectedRevision: row.revision, to, action: 'rollback', who: automaticMover, why } as const;
    // What came between may have been a promotion, which must not win.
    if ((await phases.move(move)) === 'conflict') continue;
    log.warn({ feature, why }, 'reads went back');
    return true;
  }
}
