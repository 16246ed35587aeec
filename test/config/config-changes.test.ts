import { expect, test } from 'vitest';
import { z } from 'zod';
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

/** A read model of events of the log, and one of events of a topic, that ask for the same data. */
function withEvents(data: z.ZodType, ignore: readonly string[] = []) {
  return normalized({
    legacy: { url: 'http://127.0.0.1:3000', database: 'postgres://127.0.0.1/legacy' },
    domainEvents: {
      types: { Paid: data },
      messages: { prefix: 'shop' },
      topics: [{ topic: 'payments', format: 'cloudevents', brokers: ['127.0.0.1:9092'], ignore: [...ignore] }],
    },
    features: [
      {
        name: 'orders',
        readModel: {
          name: 'paid',
          version: 1,
          key: 'id',
          table: () => undefined,
          sources: {},
          on: { Paid: () => undefined },
        },
        queries: { 'GET /orders/:id': () => undefined },
      },
    ],
  } as unknown as Partial<MigrationDefinition>);
}

test.each([
  ['a field that is required now', z.object({ sum: z.number(), note: z.string() })],
  ['a field that is not required any more', z.object({ sum: z.number().optional() })],
  ['a field of another type', z.object({ sum: z.string() })],
  ['a field of another name', z.object({ total: z.number() })],
])('%s in the data of events is a change: a reload that does not take it over must say so', (_, changed) => {
  const before = withEvents(z.object({ sum: z.number() }));
  expect(changedKeys(before, withEvents(z.object({ sum: z.number() })))).toEqual([]);
  expect(changedKeys(before, withEvents(changed))).toEqual([
    'domainTopics.types.Paid',
    'features.orders.readModel.events.types.Paid',
  ]);
});

test('a schema that refers to itself, and one of another library, are compared as far as they show themselves', () => {
  const tree: z.ZodType = z.object({ children: z.lazy(() => z.array(tree)) });
  expect(changedKeys(withEvents(tree), withEvents(tree))).toEqual([]);
  const foreign = { safeParse: () => ({ success: true, data: 1 }) } as unknown as z.ZodType;
  expect(changedKeys(withEvents(foreign), withEvents(foreign))).toEqual([]);
  expect(changedKeys(withEvents(foreign), withEvents(tree))).toContain('domainTopics.types.Paid');
});

test('what stands in a set is compared too', () => {
  const data = z.object({});
  expect(changedKeys(withEvents(data), withEvents(data, ['Audited']))).toEqual(['domainTopics.topics.payments.ignore']);
});
