/** Before this much time nothing can be said of the rest. */
const TELLING_MS = 2_000;

export interface Reading {
  readonly atMs: number;
  readonly done: number;
}

/** How long the rest takes at the pace since `start`; undefined while there is none. A step may start half done. */
export function timeLeftMs(start: Reading, now: Reading, total: number): number | undefined {
  const took = now.atMs - start.atMs;
  const done = now.done - start.done;
  if (took < TELLING_MS || done <= 0 || now.done >= total) return undefined;
  return ((total - now.done) * took) / done;
}
