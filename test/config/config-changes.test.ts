import { expect, test } from 'vitest';
import { changedKeys } from '../../src/config/config-changes.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import type { MigrationDefinition } from '../../src/config/migration-definition.ts';

const feature = {
  name: 'orders',
  candidate: 'http://127.0.0.1:4000',
  routes: ['GET /orders/:id'],
  cutover: { reads: { canary: [1, 5] } },
};
const base: MigrationDefinition = { legacy: { url: 'http://127.0.0.1:3000' }, features: [feature] };
const normalized = (more: Partial<MigrationDefinition>) => normalizeConfig({ ...base, ...more }, 'fig.config.ts');

test('a config that says the same has no changes', () => {
  expect(changedKeys(normalized({}), normalized({}))).toEqual([]);
});

test('changed keys are named by their path, features by their name', () => {
  const next = normalized({
    limits: { inFlight: 7 },
    listen: { port: 9_000 },
    features: [{ ...feature, candidateTimeoutMs: 20, cutover: { reads: { canary: [50] } } }],
  });
  expect(changedKeys(normalized({}), next)).toEqual([
    'features.orders.candidateTimeoutMs',
    'features.orders.cutover.canary',
    'limits.inFlight',
    'listen.port',
  ]);
});

test('a feature that comes or goes is a change, and so is the code of a handler', () => {
  expect(changedKeys(normalized({}), normalized({ features: [] }))).toContain('features.orders.name');
  const queries = (answer: () => unknown) => ({
    ...normalized({}),
    features: normalized({}).features.map((each) => ({ ...each, queries: new Map([['GET /a', answer]]) })),
  });
  const [one, two] = [queries(() => 1), queries(() => 2)];
  expect(changedKeys(one, two)).toEqual(['features.orders.queries.GET /a']);
});
