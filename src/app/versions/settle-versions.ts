import type { Knex } from 'knex';
import { type FeatureVersion, versionsOf } from '../../config/feature-versions.ts';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import { automaticMover, type CutoverController } from '../../cutover/controller.ts';
import type { Log } from '../../kernel/log.ts';
import { storedVersions } from '../../store/drop-version.ts';
import type { PhaseStore } from '../../store/phase-store.ts';
import { readServingFingerprint, readServingVersion, settleServingVersion } from '../../store/serving-version-store.ts';

export interface SettleParts {
  readonly store: Knex;
  readonly phases: PhaseStore;
  readonly controller: CutoverController;
  readonly log: Log;
}

/**
 * Evidence belongs to the code it was gathered about. A version that is still declared as it was when it served goes on
 * serving. When there is none, code, rules or schema of the feature have changed: if it served users, it goes back to
 * `shadow` before the first request, and proves itself again.
 */
export async function settleVersions(features: readonly NormalizedFeature[], parts: SettleParts): Promise<void> {
  const { store, phases, controller, log } = parts;
  for (const feature of features) {
    const { name } = feature;
    const versions = versionsOf(feature);
    const before = await readServingFingerprint(store, name);
    const same = versions.find(({ fingerprint }) => fingerprint === before);
    const { reads } = await phases.ensureFeature(name);
    // In `legacy` nobody is served and nothing is compared, which is how an operator makes way for an older version.
    const newer = same || reads.phase === 'legacy' ? undefined : await newerThatServes(store, versions);
    if (newer !== undefined) {
      const fields = { feature: name, serves: newer, declared: versions[0]!.version };
      const remedy = `to return to this version: fig rollback ${name} --reads --to legacy, and start fig again`;
      log.warn({ ...fields, remedy }, 'a newer version serves than is declared here; legacy answers here instead');
      continue;
    }
    if (!same && before !== undefined && (reads.phase === 'canary' || reads.phase === 'live')) {
      const why = 'the code, rules or schema of the feature changed, so its evidence starts again';
      await controller.rollback(name, { who: automaticMover, why });
    }
    const { version, fingerprint } = same ?? versions[0]!;
    await settleServingVersion(store, { feature: name, version, fingerprint, who: automaticMover });
  }
}

/**
 * The version that serves, where it is a later one of the same read model than any that is declared here. A later config has
 * put it there, so this one is not what the feature has become but what it was.
 */
async function newerThatServes(store: Knex, versions: readonly FeatureVersion[]): Promise<number | undefined> {
  const [{ name, version, readModel }] = versions as [FeatureVersion];
  const serving = (await readServingVersion(store, name))?.version;
  if (readModel === undefined || version === undefined || serving === undefined || serving <= version) return undefined;
  // The numbers of another read model say nothing about this one's.
  return (await storedVersions(store, readModel.name)).includes(serving) ? serving : undefined;
}
