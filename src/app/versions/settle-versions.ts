import type { Knex } from 'knex';
import { versionsOf } from '../../config/feature-versions.ts';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import { automaticMover, type CutoverController } from '../../cutover/controller.ts';
import type { PhaseStore } from '../../store/phase-store.ts';
import { readServingFingerprint, settleServingVersion } from '../../store/serving-version-store.ts';

/**
 * Evidence belongs to the code it was gathered about. A version that is still declared as it was when it served goes on
 * serving. When there is none, code, rules or schema of the feature have changed: if it served users, it goes back to
 * `shadow` before the first request, and proves itself again.
 */
export async function settleVersions(
  features: readonly NormalizedFeature[],
  store: Knex,
  phases: PhaseStore,
  controller: CutoverController,
): Promise<void> {
  for (const feature of features) {
    const { name } = feature;
    const versions = versionsOf(feature);
    const before = await readServingFingerprint(store, name);
    const same = versions.find(({ fingerprint }) => fingerprint === before);
    const { reads } = await phases.ensureFeature(name);
    if (!same && before !== undefined && (reads.phase === 'canary' || reads.phase === 'live')) {
      const why = 'the code, rules or schema of the feature changed, so its evidence starts again';
      await controller.rollback(name, { who: automaticMover, why });
    }
    const { version, fingerprint } = same ?? versions[0]!;
    await settleServingVersion(store, { feature: name, version, fingerprint, who: automaticMover });
  }
}
