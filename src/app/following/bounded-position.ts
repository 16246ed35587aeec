import type { AppliedPosition, Position } from '../../kernel/position.ts';

/**
 * A read model as the proxy may see it: while it is further behind than allowed, or nobody knows how far, it is as if it
 * were not there, and its reads go to legacy.
 */
export function withinLag(
  inner: AppliedPosition,
  lagSeconds: () => number | undefined,
  maxLagSeconds: () => number,
): AppliedPosition {
  return {
    current(): Position | undefined {
      const lag = lagSeconds();
      return lag === undefined || lag > maxLagSeconds() ? undefined : inner.current();
    },
    waitFor: (position, budgetMs) => inner.waitFor(position, budgetMs),
  };
}
