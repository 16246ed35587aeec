import type { CompareRules, NormalizedCompareRules } from './compare-rules.ts';
import { legacyCacheOf } from './legacy-cache-rule.ts';

const defaultHeaders = ['content-type'];

export function normalizeCompareRules(compare: CompareRules = {}): NormalizedCompareRules {
  return {
    ignore: compare.ignore ?? [],
    keyed: compare.keyed ?? {},
    unordered: compare.unordered ?? [],
    tolerance: compare.tolerance ?? {},
    format: compare.format ?? {},
    map: compare.map ?? {},
    owner: compare.owner ?? [],
    critical: compare.critical ?? [],
    redact: compare.redact ?? [],
    headers: (compare.headers ?? defaultHeaders).map((name) => name.toLowerCase()),
    routes: compare.routes ?? {},
    cursors: compare.cursors,
    legacyCache: legacyCacheOf(compare.legacyCache),
  };
}
