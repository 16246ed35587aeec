import { groupIdOf } from '../../store/group-id.ts';
import type { VerdictCounts } from '../reports/feature-report.ts';
import { nothingCompared } from '../reports/report-feature.ts';
import type { LeftOut, ReplayGroup, ReplaySample } from './replay-report.ts';
import type { NotAsked, ReplayResult } from './result.ts';

// Nothing here does I/O.

const MAX_SAMPLES = 5;

export function countVerdicts(results: readonly ReplayResult[]): VerdictCounts {
  const counts = { ...nothingCompared };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

/** Differences by route, path and kind, a question once in each; critical ones first, then what differs most often. */
export function groupResults(results: readonly ReplayResult[]): readonly ReplayGroup[] {
  const groups = new Map<string, ReplayGroup & { count: number; critical: boolean; samples: ReplaySample[] }>();
  for (const { feature, route, question, verdict, differences } of results) {
    if (verdict !== 'mismatch' && verdict !== 'error') continue;
    const counted = new Set<string>();
    for (const { path, kind, at, legacy, candidate, critical } of differences) {
      const id = groupIdOf({ feature, route, path, kind });
      const group = groups.get(id) ?? { id, feature, route, path, kind, critical, count: 0, samples: [] };
      groups.set(id, group);
      group.critical ||= critical;
      if (counted.has(id)) continue;
      counted.add(id);
      group.count += 1;
      if (group.samples.length < MAX_SAMPLES) group.samples.push({ question, at, legacy, candidate });
    }
  }
  return [...groups.values()].toSorted(byWeight);
}

function byWeight(a: ReplayGroup, b: ReplayGroup): number {
  return Number(b.critical) - Number(a.critical) || b.count - a.count || a.id.localeCompare(b.id);
}

/** Of what was never asked, and of what was asked in vain. */
export function listLeftOut(notAsked: readonly NotAsked[], results: readonly ReplayResult[]): readonly LeftOut[] {
  const inVain = results.filter(({ verdict }) => verdict === 'undetermined' || verdict === 'skipped');
  const left = new Map<string, { reason: string; count: number; questions: string[] }>();
  for (const { reason, question } of [...notAsked, ...inVain]) {
    const entry = left.get(reason) ?? { reason, count: 0, questions: [] };
    left.set(reason, entry);
    entry.count += 1;
    if (entry.questions.length < MAX_SAMPLES) entry.questions.push(question);
  }
  return [...left.values()].toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
