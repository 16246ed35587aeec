import { expect, test } from 'vitest';
import { versionsOf, versionThatServes } from '../../src/config/feature-versions.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { defineReadModel, type ReadModelDefinition } from '../../src/config/read-model-definition.ts';

function summary(version: number, name = 'order_summary', key = 'order_id'): ReadModelDefinition {
  return defineReadModel({
    name,
    version,
    key,
    table: () => undefined,
    sources: { orders: { key: 'id', dirty: () => [] } },
    build: version === 1 ? async () => [{ order_id: 1 }] : async () => [],
  });
}

const shared = { name: 'order_summary', version: 1, shared: true } as const;
const handler = (): object => ({});
const older = (): object => ({ old: true });

function featureOf(more: object) {
  const feature = { name: 'orders', readModel: summary(2), queries: { 'GET /orders': handler }, ...more };
  const config = normalizeConfig({ legacy: { url: 'http://127.0.0.1:1' }, features: [feature] }, 'fig.config.ts');
  return config.features[0]!;
}

test('a previous version has the fingerprint that the feature had while it was the only one', () => {
  const alone = featureOf({ readModel: summary(1) });
  const both = featureOf({ previous: { readModel: summary(1) } });
  expect(both.previous!.fingerprint).toBe(alone.fingerprint);
  expect(both.fingerprint).toBe(featureOf({}).fingerprint);
  const withOlder = featureOf({ previous: { readModel: summary(1), queries: { 'GET /orders': older } } });
  expect(withOlder.previous!.fingerprint).toBe(
    featureOf({ readModel: summary(1), queries: { 'GET /orders': older } }).fingerprint,
  );
  expect(withOlder.previous!.queries.get('GET /orders')).toBe(older);
});

test('versions of a feature are told apart by key only where there are two', () => {
  expect(versionsOf(featureOf({})).map(({ key, version }) => [key, version])).toEqual([['orders', 2]]);
  const versions = versionsOf(featureOf({ previous: { readModel: summary(1) } }));
  expect(versions.map(({ key, readModel }) => [key, readModel!.version])).toEqual([
    ['orders@2', 2],
    ['orders@1', 1],
  ]);
  expect(versionsOf(featureOf({ readModel: shared })).map(({ key, version }) => [key, version])).toEqual([
    ['orders', undefined],
  ]);
});

test('the version that serves is the one that the store names, and none when it is not declared here', () => {
  const versions = versionsOf(featureOf({ previous: { readModel: summary(1) } }));
  expect(versionThatServes(versions, undefined)?.version).toBe(2);
  expect(versionThatServes(versions, 1)?.version).toBe(1);
  expect(versionThatServes(versions, 3)).toBeUndefined();
  expect(versionThatServes(versionsOf(featureOf({})), 1)).toBeUndefined();
  // What is not kept by capture has no versions that take turns, whatever a store once said.
  expect(versionThatServes(versionsOf(featureOf({ readModel: shared })), 7)?.key).toBe('orders');
});

test.each([
  [{ previous: { readModel: summary(2) } }, /previous\.readModel: a version of order_summary before 2/],
  [{ previous: { readModel: summary(1, 'other') } }, /previous\.readModel: a version of order_summary/],
  [{ previous: { readModel: shared } }, /previous\.readModel: two versions that are both kept by capture/],
  [{ previous: { readModel: summary(1), queries: { 'GET /o': handler } } }, /previous\.queries: handlers for the same/],
  [
    {
      previous: { readModel: summary(1, 'order_summary', 'customer_id') },
      queries: { 'GET /orders/:id': handler },
      keyedBy: { 'GET /orders/:id': 'id' },
    },
    /previous\.readModel: a version with the key order_id, as keyedBy holds for both/,
  ],
  [
    {
      previous: { readModel: summary(1) },
      queries: undefined,
      candidate: 'http://127.0.0.1:2',
      routes: ['GET /orders'],
    },
    /previous\.readModel: a feature that is answered in this process/,
  ],
])('%# is refused', (more, message) => {
  expect(() => featureOf(more)).toThrow(message);
});

test('versions with different keys may take turns where no route names its key, and of the same key where one does', () => {
  const otherKey = { previous: { readModel: summary(1, 'order_summary', 'customer_id') } };
  expect(featureOf(otherKey).previous!.readModel.key).toBe('customer_id');
  expect(featureOf({ ...otherKey, keyedBy: {} }).previous!.readModel.key).toBe('customer_id');
  const sameKey = { previous: { readModel: summary(1) }, queries: { 'GET /orders/:id': handler } };
  expect(featureOf({ ...sameKey, keyedBy: { 'GET /orders/:id': 'id' } }).routes[0]!.key).toBe('id');
});
