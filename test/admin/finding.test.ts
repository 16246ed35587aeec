import { expect, test } from 'vitest';
import { findingLines } from '../../src/admin/page/finding.js';

test('a group that could not be looked into to the end says so, and why', () => {
  expect(findingLines({ unfinished: 'too-long' })).toEqual([
    { label: 'not known', text: 'looking into what these have in common took too long and was ended' },
  ]);
  expect(findingLines({ unfinished: 'failed' })[0]?.text).toContain('failed');
  expect(findingLines({})).toEqual([]);
});

test('a group of questions that were asked in a body says that they cannot be asked again', () => {
  expect(findingLines({ route: 'POST /graphql [operation Orders]' })).toMatchObject([
    { label: 'replay', text: expect.stringContaining('fig replay har') },
  ]);
  expect(findingLines({ route: 'GET /api/orders' })).toEqual([]);
});
