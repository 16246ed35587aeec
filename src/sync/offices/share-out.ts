/** A process that takes part. */
export interface Sharer {
  readonly process: string;
  /** What it can do. */
  readonly able: readonly string[];
  /** What it does now. */
  readonly held: readonly string[];
}

/** What one process is to do about it. */
export interface SharePlan {
  readonly take: readonly string[];
  readonly giveUp: readonly string[];
}

/**
 * Shares out among the processes that live, so that of those which can do the same none has two more than another, and as
 * little as possible changes hands. Each process decides for itself; those that see the same decide the same, and one that sees
 * something else takes nothing that is held. Pure.
 */
export function shareOut(sharers: readonly Sharer[], self: string): SharePlan {
  const ordered = sharers.toSorted((a, b) => (a.process < b.process ? -1 : 1));
  const able = new Map(ordered.map((sharer) => [sharer.process, new Set(sharer.able)]));
  const shares = new Map(ordered.map(({ process, held }) => [process, new Set(held)]));
  const isHeld = new Set(ordered.flatMap(({ held }) => held));
  const before = shares.get(self);
  if (before === undefined) return { take: [], giveUp: [] };
  const heldBySelf = [...before];

  const least = (name: string): string | undefined =>
    ordered
      .map(({ process }) => process)
      .filter((process) => able.get(process)!.has(name))
      .reduce<string | undefined>(
        (best, each) => (best === undefined || sizeOf(each) < sizeOf(best) ? each : best),
        undefined,
      );
  const sizeOf = (process: string): number => shares.get(process)!.size;

  const all = [...new Set(ordered.flatMap((sharer) => [...sharer.able, ...sharer.held]))].toSorted();
  for (const name of all.filter((each) => !isHeld.has(each))) {
    const process = least(name);
    if (process !== undefined) shares.get(process)!.add(name);
  }
  for (let move = nextMove(all, shares, least); move !== undefined; move = nextMove(all, shares, least)) {
    shares.get(move.from)!.delete(move.name);
    shares.get(move.to)!.add(move.name);
  }
  const after = shares.get(self)!;
  return {
    take: [...after].filter((name) => !isHeld.has(name)).toSorted(),
    giveUp: heldBySelf.filter((name) => !after.has(name)).toSorted(),
  };
}

/** The last of whoever has the most that makes the shares more even. */
function nextMove(
  all: readonly string[],
  shares: ReadonlyMap<string, ReadonlySet<string>>,
  least: (name: string) => string | undefined,
): { readonly name: string; readonly from: string; readonly to: string } | undefined {
  const bySize = [...shares].toSorted(([, a], [, b]) => b.size - a.size);
  for (const [from, share] of bySize) {
    for (const name of all.toReversed()) {
      if (!share.has(name)) continue;
      const to = least(name);
      if (to !== undefined && shares.get(to)!.size + 2 <= share.size) return { name, from, to };
    }
  }
  return undefined;
}
