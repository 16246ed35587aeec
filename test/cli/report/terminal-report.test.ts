import { expect, test } from 'vitest';
import { paletteFor } from '../../../src/cli/palette.ts';
import { renderReport } from '../../../src/cli/render-report.ts';
import { sampleGroup, sampleReport } from '../../support/sample-report.ts';

test('a group on the terminal says when it was seen, what it has in common, a cause and a rule', () => {
  const text = renderReport(sampleReport(), paletteFor({ write: () => true }, {}), 400).replaceAll(/\s+/g, ' ');
  expect(text).toContain('seen 2026-01-01 10:00 UTC to 2026-01-01 10:20 UTC');
  expect(text).toContain('in common $.currency = JPY');
  expect(text).toContain('suspected the candidate rounds to');
  expect(text).toContain("rule tolerance: { '$.total': 0.005 }");
});

test('a group of questions in bodies says on the terminal that they cannot be asked again', () => {
  const groups = [sampleGroup({ route: 'POST /graphql [operation Orders]' })];
  const text = renderReport({ ...sampleReport(), groups }, paletteFor({ write: () => true }, {}), 400);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('replay what was asked is not kept, because it is in the body');
});
