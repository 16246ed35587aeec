import { expect, test } from 'vitest';
import { parkedReads } from '../../../src/app/serving/parked-reads.ts';
import { VersionBook } from '../../../src/app/versions/version-book.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { asVersion } from '../support/version-world.ts';

const handler = (): object => ({});
const { features } = normalizeConfig(
  {
    legacy: { url: 'http://127.0.0.1:1' },
    features: [
      {
        name: 'orders',
        readModel: asVersion(2),
        previous: { readModel: asVersion(1) },
        queries: { 'GET /orders': handler, 'GET /orders/:id': handler },
        keyedBy: { 'GET /orders/:id': 'id' },
      },
    ],
  },
  'fig.config.ts',
);
const parked: Readonly<Record<string, readonly string[]>> = { 'orders@1': ['7'], 'orders@2': [] };
const isParked = parkedReads(new VersionBook(features), (key) => ({ parked: parked[key] ?? [] }));

test('a read is kept from what the version has parked that is to answer it, not the other', () => {
  const seven = { feature: 'orders', route: 'GET /orders/:id', params: { id: '7' } };
  expect(isParked({ ...seven, version: 1 })).toBe(true);
  expect(isParked({ ...seven, version: 2 })).toBe(false);
  // Where the store names none, the newest answers.
  expect(isParked(seven)).toBe(false);
  expect(isParked({ ...seven, version: 3 })).toBe(false);
});

test('a route that names its key is kept from that one alone, any other from all', () => {
  const read = { feature: 'orders', version: 1 };
  expect(isParked({ ...read, route: 'GET /orders/:id', params: { id: '8' } })).toBe(false);
  expect(isParked({ ...read, route: 'GET /orders', params: {} })).toBe(true);
});
