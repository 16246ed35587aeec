import knexModule from 'knex';
import { expect, test } from 'vitest';
import { inputOf } from '../../src/readmodel/query-candidate.ts';

const db = knexModule({ client: 'pg' });
const questionWith = (body: string) => ({
  feature: 'orders',
  route: 'POST /graphql [operation Orders]',
  params: {},
  method: 'POST',
  target: '/graphql',
  headers: ['Content-Type', 'application/json'],
  query: { operation: 'Orders', body: Buffer.from(body) },
});

test('a handler is given operation, document and variables of a GraphQL query', () => {
  const query = 'query Orders($n: Int) { orders(n: $n) { id } }';
  const input = inputOf(questionWith(JSON.stringify({ query, variables: { n: 2, ß: 'ü' } })), db);
  expect(input.graphql).toEqual({ operation: 'Orders', document: query, variables: { n: 2, ß: 'ü' } });
});

test.each(['null', '[]', '"n"', '1'])('variables that are no object, such as %s, are none', (variables) => {
  expect(inputOf(questionWith(`{"query":"query Orders { a }","variables":${variables}}`), db).graphql).toMatchObject({
    variables: {},
  });
});

test('any other question has none', () => {
  const { query: _, ...question } = questionWith('{}');
  expect(inputOf(question, db).graphql).toBeUndefined();
});
