import type { FeatureRouting, ReadPhase, RoutingSnapshot } from '../kernel/phase.ts';

/** Where a move is announced, so that watches need not wait for their next look. */
export const phaseChannel = 'fig_phases';

/** One statement, so that the revision and the phases are of the same moment. */
export const snapshotSql = `
  SELECT r.revision, f.feature, f.phase, f.percent
  FROM fig.phase_revision r LEFT JOIN fig.feature_phase f ON true`;

export interface SnapshotRow {
  /** bigint: arrives as text. */
  readonly revision: string;
  readonly feature: string | null;
  readonly phase: ReadPhase | null;
  readonly percent: number | null;
}

/** Reads the rows of `snapshotSql`. Throws when the counter is gone, because an empty answer would look like legacy. */
export function toSnapshot(rows: readonly SnapshotRow[]): RoutingSnapshot {
  const [first] = rows;
  if (first === undefined) throw new Error('fig.phase_revision has no row: the control store is damaged');
  const features = new Map<string, FeatureRouting>();
  for (const { feature, phase, percent } of rows) {
    if (feature === null || phase === null || percent === null) continue;
    features.set(feature, { feature, reads: { phase, percent } });
  }
  return { revision: Number(first.revision), features };
}
