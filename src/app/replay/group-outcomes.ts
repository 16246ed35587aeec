import { hides, type Told } from '../../../shadow/pairs/tell-of-stored.ts';
import type { PairGroup } from '../../store/pair-store.ts';
import type { GroupOutcome } from './replay-report.ts';
import type { ReplayResult } from './result.ts';

// Nothing here does I/O.

/** A group, of which feature and route, and what one of its questions says of it. */
export interface ToldOf extends PairGroup {
  readonly feature: string;
  readonly route: string;
  readonly told: Told;
}

/**
 * What asking a stored question again says of a group. That it is gone is only said where legacy answers with the status of
 * then, and nothing differs that the place may be hidden by.
 */
export function tellOf(group: PairGroup, thenStatus: number | undefined, result: ReplayResult): Told {
  const { verdict, reason, differences, legacyStatus } = result;
  if (verdict === 'undetermined' || verdict === 'skipped') return undetermined(reason);
  if (differences.some(({ path }) => path === group.path)) return { outcome: 'remains' };
  if (differences.some((difference) => hides(difference, group.path))) return undetermined('differs-otherwise');
  // A row that was deleted since, or a visitor who is not the one of then: that both agree now says nothing.
  if (thenStatus !== undefined && legacyStatus !== thenStatus) return undetermined('other-status');
  return { outcome: 'gone' };
}

/** One outcome for each group: what still differs first, then what cannot be told, then what is gone. */
export function sumUpGroups(told: readonly ToldOf[]): readonly GroupOutcome[] {
  const byId = new Map<string, ToldOf[]>();
  for (const each of told) byId.set(each.id, [...(byId.get(each.id) ?? []), each]);
  const outcomes = [...byId.values()].map(sumUp);
  return outcomes.toSorted((a, b) => rank(a) - rank(b) || b.remains - a.remains || a.id.localeCompare(b.id));
}

const order = ['remains', 'undetermined', 'gone'];

function rank({ outcome, critical }: GroupOutcome): number {
  return order.indexOf(outcome) * 2 - Number(critical);
}

function sumUp(told: readonly ToldOf[]): GroupOutcome {
  const count = (outcome: Told['outcome']): number => told.filter((each) => each.told.outcome === outcome).length;
  const [gone, remains] = [count('gone'), count('remains')];
  const reasons = new Map<string, number>();
  for (const { told: each } of told) {
    if (each.outcome === 'undetermined') reasons.set(each.reason, (reasons.get(each.reason) ?? 0) + 1);
  }
  const { id, feature, route, path, kind } = told[0]!;
  return {
    id,
    feature,
    route,
    path,
    kind,
    critical: told.some(({ critical }) => critical),
    outcome: outcomeOf(gone, remains),
    gone,
    remains,
    undetermined: told.length - gone - remains,
    reasons: [...reasons].toSorted(([, a], [, b]) => b - a).map(([reason]) => reason),
  };
}

function outcomeOf(gone: number, remains: number): GroupOutcome['outcome'] {
  if (remains > 0) return 'remains';
  return gone > 0 ? 'gone' : 'undetermined';
}

function undetermined(reason: string): Told {
  return { outcome: 'undetermined', reason: reason === '' ? 'unknown' : reason };
}
