import type { MismatchBound } from './feature-report.ts';

const percent = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3, useGrouping: false });

/** `fewer than 3.1 % differ, with 95 % confidence (limit 0.1 %)` */
export function describeBound({ rate, confidence, limit }: Omit<MismatchBound, 'sentence'>): string {
  const asked = `limit ${percent.format(limit * 100)} %`;
  if (rate >= 1) return `nothing is proven yet (${asked})`;
  // Rounded up: the bound is what is proven, and less is not.
  const scale = 10 ** (Math.floor(Math.log10(rate * 100)) - 2);
  const shown = Math.min(100, Math.ceil((rate * 100) / scale - 1e-9) * scale);
  return `fewer than ${percent.format(shown)} % differ, with ${percent.format(confidence * 100)} % confidence (${asked})`;
}
