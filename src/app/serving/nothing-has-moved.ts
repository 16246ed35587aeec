import type { RoutingSnapshot } from '../../kernel/phase.ts';

/** Legacy answers everybody: nobody is served by a candidate that would be gone with us. */
export function nothingHasMoved({ features }: RoutingSnapshot): boolean {
  return [...features.values()].every(({ reads }) => reads.percent === 0);
}
