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
    ...tellNeverAgreed(neverAgreed),
    ...harmed.map(
      ({ route, matches, mismatches }) =>
        `${count(mismatches)} of ${count(matches + mismatches)} answers of ${route} differ (limit ${percent(limit)})`,
    ),
  ];
}

/** One sentence, however many kinds there are: a route that is wrong as a whole is wrong in all of its kinds. */
function tellNeverAgreed(kinds: NonNullable<EvidenceSummary['neverAgreed']>): string[] {
  const [most, ...others] = kinds.toSorted((a, b) => b.compared - a.compared);
  if (most === undefined) return [];
  const { route, shape, compared } = most;
  const none =
    compared === 1 ? 'did not agree in its only comparison' : `agreed in none of ${count(compared)} comparisons`;
  const sentence = `${route} (${shape}) ${none}`;
  return [
    others.length === 0
      ? sentence
      : `${sentence}, nor did ${count(others.length)} other ${others.length === 1 ? 'kind' : 'kinds'} of requests`,
  ];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-US', { maximumSignificantDigits: 4 })} %`;
}
