import { formatCount, formatShare } from '../../format.ts';
import { html, type Markup } from './markup.ts';

// Pictures are drawn with attributes: the policy of the page takes no style attribute.

interface Part {
  /** A class of the status page. */
  readonly name: string;
  readonly word: string;
  readonly count: number;
}

/** A bar that is divided as the counts are; each part that there is can be seen. */
export function stack(parts: readonly Part[]): Markup | undefined {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  const least = 0.8;
  const widths = parts.map(({ count }) => Math.max(least, (count / total) * 100));
  const scale = 100 / widths.reduce((sum, width) => sum + width, 0);
  let x = 0;
  const rectangles = parts.map(({ name, word, count }, i) => {
    const width = widths[i]! * scale;
    const left = x;
    x += width;
    return html`<rect class="${name}" x="${left.toFixed(3)}" y="0" width="${width.toFixed(3)}" height="12"
      ><title>${word}: ${formatCount(count)}</title></rect
    >`;
  });
  const label = parts.map(({ word, count }) => `${formatCount(count)} ${word}`).join(', ');
  return html`<svg class="stack-bar" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="${label}">
    ${rectangles}
  </svg>`;
}

/** How far a proof is. */
export function meter(share: number, tone: string, label: string): Markup {
  const width = Math.min(1, Math.max(0, share)) * 100;
  return html`<svg
    class="meter-bar ${tone}"
    viewBox="0 0 100 6"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <title>${formatShare(share)}</title>
    <rect width="${width.toFixed(2)}" height="6" />
  </svg>`;
}
