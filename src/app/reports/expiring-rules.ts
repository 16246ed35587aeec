import type { NormalizedFeature } from '../../config/normalized-config.ts';
import { allRules, type CompareRule } from '../../config/rule-list.ts';
import type { Log } from '../../kernel/log.ts';
import { startLoop, type Service } from '../../kernel/service.ts';

/** A comparison rule whose end is near. */
export interface ExpiringRule {
  readonly feature: string;
  /** `ignore $.etag` */
  readonly rule: string;
  /** The route that it was written for; undefined: all of the feature. */
  readonly route: string | undefined;
  /** As the config says it. */
  readonly expires: string;
  /** Whole days that are left, 0 or more. */
  readonly daysLeft: number;
}

const dayMs = 86_400_000;
/** So many days before a rule expires it is told: long enough for whoever has to mend the cause. */
export const warnDays = 14;

/** Whole days until it expires; undefined: it never does, it has already, or it is not soon. `now`: milliseconds since the epoch. */
export function daysLeftOf({ expiresAt }: Pick<CompareRule, 'expiresAt'>, now: number): number | undefined {
  if (expiresAt === undefined || expiresAt <= now || expiresAt - now > warnDays * dayMs) return undefined;
  return Math.floor((expiresAt - now) / dayMs);
}

/** Those of the features, the first to expire first. */
export function expiringRules(
  features: readonly Pick<NormalizedFeature, 'name' | 'compare'>[],
  now: number,
): readonly ExpiringRule[] {
  const found = features.flatMap(({ name: feature, compare }) =>
    allRules(compare).flatMap((rule) => {
      const daysLeft = daysLeftOf(rule, now);
      if (daysLeft === undefined || rule.expires === undefined) return [];
      return { feature, rule: rule.id, route: rule.route, expires: rule.expires, daysLeft };
    }),
  );
  return found.toSorted((a, b) => a.daysLeft - b.daysLeft);
}

/** Logs once a day which rules expire soon: an expired one fails its gate, and nobody reads reports every day. */
export function startExpiryWatch(
  features: readonly Pick<NormalizedFeature, 'name' | 'compare'>[],
  log: Log,
  now: () => number = Date.now,
): Service {
  return startLoop({
    name: 'expiry of rules',
    turn: async () => {
      for (const rule of expiringRules(features, now())) {
        log.warn({ ...rule }, 'a comparison rule expires soon; from then on it fails the gate');
      }
      return dayMs;
    },
    onError: () => undefined,
  });
}
