import { expect, test } from 'vitest';
import type { LegacyVaries } from '../../../src/app/legacy-varies.ts';
import { paletteFor } from '../../../src/cli/palette.ts';
import { renderLegacyVaries } from '../../../src/cli/report/legacy-varies.ts';

const palette = paletteFor({ write: () => undefined }, { NO_COLOR: '1' });

const varies: LegacyVaries = {
  route: 'GET /api/orders',
  path: '$.generated_at',
  kind: 'time',
  varied: 40,
  witnessed: 0,
  asked: 41,
  first: '"12:00:00"',
  second: undefined,
  lastSeen: '2026-03-01T12:00:00.000Z',
  proposal: `tolerance: { "$.generated_at": { time: '5s' } }`,
};

test('a place that varies is told with both values and the rule that would let it be compared', () => {
  expect(renderLegacyVaries([varies, { ...varies, kind: 'other', proposal: undefined }], palette)).toBe(
    [
      'Legacy itself varies here, so no candidate can agree',
      '  $.generated_at  the time of the answer, in 40 of 41 looks',
      '    GET /api/orders  "12:00:00", then (nothing)',
      `    if it may: tolerance: { "$.generated_at": { time: '5s' } }`,
      '  $.generated_at  a value that changes, in 40 of 41 looks',
      '    GET /api/orders  "12:00:00", then (nothing)',
    ].join('\n'),
  );
  expect(renderLegacyVaries([], palette)).toBe('');
});
