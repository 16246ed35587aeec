import type { HarAsked } from './har-questions.ts';
import type { NotAsked } from './result.ts';

export interface PairedEntries {
  readonly pairs: readonly { readonly legacy: HarAsked; readonly candidate: HarAsked }[];
  readonly unpaired: readonly NotAsked[];
}

/** Pairs the entries of two files by method, target and body, the first with the first. No I/O. */
export function pairEntries(legacy: readonly HarAsked[], candidate: readonly HarAsked[]): PairedEntries {
  const waiting = new Map<string, HarAsked[]>();
  for (const each of candidate) waiting.set(keyOf(each), [...(waiting.get(keyOf(each)) ?? []), each]);
  const pairs: { legacy: HarAsked; candidate: HarAsked }[] = [];
  const unpaired: NotAsked[] = [];
  for (const each of legacy) {
    const other = waiting.get(keyOf(each))?.shift();
    if (other) pairs.push({ legacy: each, candidate: other });
    else unpaired.push({ question: nameOf(each), reason: 'not-in-candidate-file' });
  }
  for (const each of [...waiting.values()].flat()) {
    unpaired.push({ question: nameOf(each), reason: 'not-in-legacy-file' });
  }
  return { pairs, unpaired };
}

function keyOf({ question: { method, target, query } }: HarAsked): string {
  return `${method} ${target}\n${query ? Buffer.from(query.body).toString() : ''}`;
}

function nameOf({ question: { method, target } }: HarAsked): string {
  return `${method} ${target}`;
}
