import { expect, test } from 'vitest';
import { paletteFor } from '../../src/cli/palette.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { sampleControl } from '../support/sample-control.ts';

const plain = paletteFor({ write: () => undefined }, { NO_COLOR: '1' });

test('fig status says that the shadow is held back, and for what users would wait', () => {
  const { current } = sampleControl();
  const strained = { ...current, shadow: { ...current.shadow!, perSecond: 5, heldBackBy: 'processor' as const } };
  expect(renderStatus(strained, plain)).toContain('held back: what serves users waits for a processor');
  expect(renderStatus(current, plain)).not.toContain('held back');
});
