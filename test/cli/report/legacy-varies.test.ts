import { expect, test } from 'vitest';
import { paletteFor } from '../../../src/cli/palette.ts';
import { renderLegacyVaries } from '../../../src/cli/report/legacy-varies.ts';
import { sampleVaries } from '../../support/sample-report.ts';

const palette = paletteFor({ write: () => undefined }, { NO_COLOR: '1' });

test('a place that varies is told with both values and the rule that would let it be compared', () => {
  expect(renderLegacyVaries([sampleVaries, { ...sampleVaries, kind: 'other', proposal: undefined }], palette)).toBe(
    [
      'Legacy itself varies here, so no candidate can agree',
      '  $.generatedAt  the time of the answer, in 40 of 41 looks',
      '    GET /api/orders  "12:00:00", then (nothing)',
      `    if it may: tolerance: { "$.generatedAt": { time: '5s' } }`,
      '  $.generatedAt  a value that changes, in 40 of 41 looks',
      '    GET /api/orders  "12:00:00", then (nothing)',
    ].join('\n'),
  );
  expect(renderLegacyVaries([], palette)).toBe('');
});
