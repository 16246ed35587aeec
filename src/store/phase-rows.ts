import type { FeatureRouting, KillSwitch, ReadPhase, RoutingSnapshot } from '../kernel/phase.ts';

/** Where a move is announced, so that watches need not wait for their next look. */
export const phaseChannel = 'fig_phases';

/** One statement, so that the revision and the phases are of the same moment. */
export const snapshotSql = `
  SELECT r.revision, f.feature, f.phase, f.percent, f.revision AS stay, v.version, s.value AS fingerprint,
    (SELECT array_agg(q.route) FROM fig.quarantine q WHERE q.feature = f.feature AND q.lifted_at IS NULL) AS quarantined, k.who AS killed_by, k.why AS killed_why, k.at AS killed_at
  FROM fig.phase_revision r LEFT JOIN fig.feature_phase f ON true
  LEFT JOIN fig.serving_version v ON v.feature = f.feature LEFT JOIN fig.kill_switch k ON true
  LEFT JOIN fig.setting s ON s.name = 'fingerprint ' || f.feature`;

export interface SnapshotRow {
  /** bigint: arrives as text. */
  readonly revision: string;
  readonly feature: string | null;
  readonly phase: ReadPhase | null;
  readonly percent: number | null;
  readonly stay: string | null;
  readonly version: number | null;
  readonly fingerprint: string | null;
  readonly quarantined: readonly string[] | null;
  readonly killed_by: string | null;
  readonly killed_why: string | null;
  readonly killed_at: Date | null;
}

/** Reads the rows of `snapshotSql`. Throws when the counter is gone, because an empty answer would look like legacy. */
export function toSnapshot(rows: readonly SnapshotRow[]): RoutingSnapshot {
  const [first] = rows;
  if (first === undefined) throw new Error('fig.phase_revision has no row: the control store is damaged');
  const features = new Map<string, FeatureRouting>();
  for (const { feature, phase, percent, stay, version, fingerprint, quarantined } of rows) {
    if (feature === null || phase === null || percent === null) continue;
    features.set(feature, {
      feature,
      reads: { phase, percent },
      stay: Number(stay),
      ...(version !== null && { version }),
      ...(fingerprint !== null && { fingerprint }),
      ...(quarantined !== null && { quarantined }),
    });
  }
  const killSwitch = killSwitchOf(first);
  return { revision: Number(first.revision), features, ...(killSwitch && { killSwitch }) };
}

function killSwitchOf({ killed_by: who, killed_why: why, killed_at: at }: SnapshotRow): KillSwitch | undefined {
  return who === null ? undefined : { who, why: why ?? '', at: (at ?? new Date()).toISOString() };
}
