import type { NormalizedSample } from '../../config/sample-rules.ts';

// Nothing here does I/O.

export interface LookedAt {
  /** Of the reads or visitors, above 0 and up to 100. */
  readonly percent: number;
  readonly by: 'request' | 'visitor';
  /** Reads that could have been compared since fig was started, and those that were chosen; undefined: not known. */
  readonly asked: number | undefined;
  readonly chosen: number | undefined;
  /** All of it in one line: `10 % of visitors: 1,204 of 12,030 reads since the start (10 %)`. */
  readonly sentence: string;
}

/** `10 % of visitors`; undefined when there is no sample: everything is looked at that the budget allows. */
export function describeSample({ percent, by }: NormalizedSample): string | undefined {
  if (percent >= 100) return undefined;
  return `${percent} % of ${by === 'visitor' ? 'visitors' : 'reads'}`;
}

export function lookedAt(
  sample: NormalizedSample,
  seen: { readonly asked: number; readonly chosen: number } | undefined,
): LookedAt {
  const rule = describeSample(sample) ?? 'all reads that the budget has room for';
  const share = seen && seen.asked > 0 ? `: ${sharePhrase(seen.asked, seen.chosen)}` : '';
  return { ...sample, asked: seen?.asked, chosen: seen?.chosen, sentence: `${rule}${share}` };
}

function sharePhrase(asked: number, chosen: number): string {
  const share = ((chosen / asked) * 100).toLocaleString('en-US', { maximumSignificantDigits: 3 });
  return `${chosen.toLocaleString('en-US')} of ${asked.toLocaleString('en-US')} reads since the start (${share} %)`;
}
