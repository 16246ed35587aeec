import type { Knex } from 'knex';
import type { NormalizedFeature } from '../config/normalized-config.ts';
import { automaticMover, type CutoverController } from '../cutover/controller.ts';
import type { PhaseStore } from '../store/phase-store.ts';
import { readSetting, writeSetting } from '../store/setting-store.ts';

/**
 * Evidence belongs to the code it was gathered about. When a feature's code, rules or schema changed while it served
 * users, it goes back to `shadow` before the first request, and proves itself again.
 */
export async function retreatOnNewCode(
  features: readonly NormalizedFeature[],
  store: Knex,
  phases: PhaseStore,
  controller: CutoverController,
): Promise<void> {
  for (const { name, fingerprint } of features) {
    const setting = `fingerprint ${name}`;
    const before = await readSetting(store, setting);
    if (before === fingerprint) continue;
    const { reads } = await phases.ensureFeature(name);
    if (before !== undefined && (reads.phase === 'canary' || reads.phase === 'live')) {
      const why = 'the code, rules or schema of the feature changed, so its evidence starts again';
      await controller.rollback(name, { who: automaticMover, why });
    }
    await writeSetting(store, setting, fingerprint);
  }
}
