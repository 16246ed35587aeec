import { expect, test } from 'vitest';
import { paletteFor } from '../../src/cli/palette.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { sampleControl, sampleFeature } from '../support/sample-control.ts';

const plain = paletteFor({ write: () => undefined }, { NO_COLOR: '1' });

test('fig status warns of a rule that expires soon', () => {
  const rule = { feature: 'orders', rule: 'ignore $.at', route: 'GET /a', expires: '2026-12-31', daysLeft: 9 };
  const { current } = sampleControl({ features: [sampleFeature({ expiring: [rule] })] });
  expect(renderStatus(current, plain)).toContain(
    'orders: the rule ignore $.at of GET /a expires on 2026-12-31, in 9 days, and then fails the gate',
  );
  expect(renderStatus(sampleControl().current, plain)).not.toContain('expires on');
});
