import { expect, test } from 'vitest';
import type { BatchStatus, ReadModelStatus } from '../../src/app/control.ts';
import { paletteFor } from '../../src/cli/palette.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { sampleFeature, sampleStatus } from '../support/sample-control.ts';

const plain = paletteFor({ write: () => true }, { NO_COLOR: '1' });
const now = Date.parse('2026-01-01T12:00:00Z');
const model: ReadModelStatus = { name: 'prices', version: 1, state: 'ready', progress: 1, rows: 10, error: undefined };

function shown(batch: BatchStatus, more: Partial<ReadModelStatus> = {}): string {
  const features = [sampleFeature({ readModel: { ...model, ...more, batch } })];
  return renderStatus({ ...sampleStatus(), features }, plain, now);
}

test('fig status says how old the rows are and when the next are loaded', () => {
  const loadedFrom = '2026-01-01T11:48:00Z';
  const batch = { loadedFrom, nextAt: '2026-01-01T12:48:00Z', loadingSince: undefined, failures: 0 };
  expect(shown(batch)).toContain('prices v1, 12 min old, next in 48 min');
  const loading = { ...batch, nextAt: undefined, loadingSince: '2026-01-01T11:59:00Z' };
  expect(shown(loading)).toContain('prices v1, 12 min old, loading');
});

test('fig status says what failed, and nothing in it can drive a terminal', () => {
  const batch = { loadedFrom: '2026-01-01T11:48:00Z', nextAt: undefined, loadingSince: undefined, failures: 3 };
  const error = 'no \u001B[31mconnection';
  expect(shown(batch, { error })).toContain(String.raw`prices v1, 12 min old, 3 failed: no \x1b[31mconnection`);
});
