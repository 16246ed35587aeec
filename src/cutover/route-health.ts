import type { EvidenceSummary } from '../kernel/evidence.ts';
import { harmEvidence } from './sequential-gate.ts';

// Nothing here does I/O.

/**
 * Routes and kinds of request that are wrong, although all together are right: few ask for them, so they are lost among the
 * others, and whoever does ask gets nothing but wrong answers. Each is one sentence without a full stop.
 */
export function wrongInPart(
  { routes = [], neverAgreed = [] }: Pick<EvidenceSummary, 'routes' | 'neverAgreed'>,
  limit: number,
): readonly string[] {
  // Of what is wrong as a whole the whole tells.
  if (routes.length > 0 && routes.every(({ matches }) => matches === 0)) return [];
  // So many routes are looked at, each of which has a chance of its own to look bad.
  const caution = Math.log(Math.max(1, routes.length));
  const harmed = routes.filter((counts) => {
    if (routes.length === 1) return false;
    const { logB, threshold } = harmEvidence({ ...counts, limit });
    return logB >= threshold + caution;
  });
  return [
    ...neverAgreed.map(
      ({ route, shape, compared }) => `${route} (${shape}) agreed in none of ${count(compared)} comparisons`,
    ),
    ...harmed.map(
      ({ route, matches, mismatches }) =>
        `${count(mismatches)} of ${count(matches + mismatches)} answers of ${route} differ, far more than of the others (limit ${percent(limit)})`,
    ),
  ];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-US', { maximumSignificantDigits: 4 })} %`;
}
