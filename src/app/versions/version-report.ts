import type { Knex } from 'knex';
import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { CutoverController } from '../../cutover/controller.ts';
import { formatPosition } from '../../kernel/position.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { readServingVersion } from '../../store/serving-version-store.ts';
import type { CaptureView, SimpleView } from '../following/capture-view.ts';
import { readModelStatus } from '../deciding/gate-health.ts';
import type { Reconciliations } from '../reconciling/reconciliations.ts';
import type { VersionReport } from '../control.ts';
import type { ServingVersions } from './serving-versions.ts';

export interface VersionReportParts {
  readonly store: Knex;
  readonly versions: ServingVersions;
  readonly capture: CaptureView | undefined;
  readonly simple: SimpleView;
  readonly reconciliations: Reconciliations;
  /** Reads the gates of versions that wait for their turn; it moves nothing. */
  readonly waiting: CutoverController;
}

/** The declared versions of a feature, the one that serves first; none where versions do not take turns. */
export async function reportVersions(parts: VersionReportParts, feature: string): Promise<readonly VersionReport[]> {
  const serving = parts.versions.serving(feature);
  const waiting = parts.versions.waiting(feature);
  if (serving.version === undefined) return [];
  const since = await readServingVersion(parts.store, feature);
  const first = await report(parts, serving, true);
  const reports: VersionReport[] = [{ ...first, ...(since && { since: since.at.toISOString(), who: since.who }) }];
  if (waiting) reports.push(await reportWaiting(parts, waiting));
  return reports;
}

async function reportWaiting(parts: VersionReportParts, version: FeatureVersion): Promise<VersionReport> {
  const { evidence, decision } = await parts.waiting.read(version.name);
  const { result, reason, progress, remaining } = decision;
  return {
    ...(await report(parts, version, false)),
    ...(evidence && { comparisons: evidence.verdicts }),
    gate: { result, reason, progress, remaining },
  };
}

async function report(
  { capture, simple, reconciliations }: VersionReportParts,
  version: FeatureVersion,
  serves: boolean,
): Promise<VersionReport> {
  const readModel = version.readModel!;
  const { projection } = readModelNames(readModel);
  const position = capture?.applied(projection)?.current();
  return {
    feature: version.name,
    ...readModelStatus(version, capture, simple)!,
    serves,
    declared: true,
    position: position === undefined ? undefined : formatPosition(position),
    lagSeconds: capture?.lagSecondsOf(projection),
    reconciliation: await reconciliations.status(version),
  };
}
