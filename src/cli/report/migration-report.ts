import type { FeatureReport, ReportGroup } from '../../app/reports/feature-report.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { AdminClient } from '../admin-client.ts';

/** What a report is made from. */
export interface MigrationReport {
  readonly name: string;
  /** Of the fig that answered. */
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
  readonly features: readonly FeatureReport[];
}

/** A report, and what `--json` prints of it: of one feature what the API answered. */
export interface GatheredReport {
  readonly report: MigrationReport;
  readonly json: string;
}

/** One feature, or all that the config has. Throws FIG_UNKNOWN_FEATURE, also when there is none. */
export async function gatherReports(client: AdminClient, feature: string | undefined): Promise<GatheredReport> {
  const { name, version, features: known } = (await client.status()).value;
  const at = new Date().toISOString();
  if (feature !== undefined) {
    const { value, json } = await client.report(feature);
    return { report: { name, version, at, features: [value] }, json };
  }
  if (known.length === 0) {
    throw new FigError('FIG_UNKNOWN_FEATURE', `${name} has no feature, so nothing is compared`, {
      remedy: 'Declare one in fig.config.ts and start `fig up`.',
    });
  }
  const features: FeatureReport[] = [];
  for (const each of known) features.push((await client.report(each.feature)).value);
  const report = { name, version, at, features };
  return { report, json: JSON.stringify(report) };
}

export interface RankedGroup extends ReportGroup {
  readonly feature: string;
}

/** The groups of all features that block something in the step their feature is in, what blocks most first. */
export function rankAcross(features: readonly FeatureReport[]): readonly RankedGroup[] {
  return features
    .flatMap(({ feature, groups }) => groups.map((group) => ({ ...group, feature })))
    .filter(({ inStep }) => inStep)
    .toSorted((a, b) => Number(b.critical) - Number(a.critical) || b.share - a.share || b.count - a.count);
}
