import type { Position } from '../../kernel/position.ts';
import type { ToldCapture } from './heard-capture.ts';

/** One view of what several processes say that share the read models: of each figure that of the one that is worst off. */
export function sumCaptures(all: readonly ToldCapture[]): ToldCapture | undefined {
  const [first, ...more] = all;
  if (first === undefined || more.length === 0) return first;
  const states = all.map(({ state }) => state);
  const errors = [...new Set(all.flatMap(({ error }) => error ?? []))];
  const lags = all.flatMap(({ lag }) => lag ?? []);
  return {
    state: (['reconnecting', 'streaming'] as const).find((state) => states.includes(state)) ?? 'starting',
    received: least(all.map(({ received }) => received)),
    applied: least(all.map(({ applied }) => applied)),
    acknowledged: least(all.map(({ acknowledged }) => acknowledged)),
    lag: lags.toSorted((a, b) => b.bytes - a.bytes)[0],
    spooledBytes: all.reduce((sum, { spooledBytes }) => sum + spooledBytes, 0),
    error: errors.length === 0 ? undefined : errors.join('\n'),
    // As long as one of them works, it is no failure of all.
    failure: all.every(({ failure }) => failure !== undefined) ? first.failure : undefined,
  };
}

function least(positions: readonly (Position | undefined)[]): Position | undefined {
  const known = positions.filter((position) => position !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => (a < b ? a : b));
}
