import knex from 'knex';
import { expect, test } from 'vitest';
import { inputOf } from '../../src/readmodel/query-candidate.ts';

const db = knex({ client: 'pg' });

function inputWith(body: string, contentType?: string) {
  const headers = contentType === undefined ? [] : ['Content-Type', contentType];
  const query = { operation: undefined, body: Buffer.from(body) };
  return inputOf(
    { feature: 'orders', route: 'POST /search', params: {}, method: 'POST', target: '/search?page=2', headers, query },
    db,
  );
}

test('a handler reads the body of a query as what it is', () => {
  const { body, query, graphql } = inputWith('{"status":"öffen"}', 'Application/JSON; charset=utf-8');
  expect(body).toMatchObject({ type: 'application/json', text: '{"status":"öffen"}' });
  expect(body!.json()).toEqual({ status: 'öffen' });
  expect(query).toEqual({ page: '2' });
  expect(graphql).toBeUndefined();
  const form = inputWith('status=open&status=paid', 'application/x-www-form-urlencoded').body!;
  expect(form.form().getAll('status')).toEqual(['open', 'paid']);
  expect(inputWith('').body).toMatchObject({ type: '', text: '' });
});

test('a body that is no JSON is told to whoever takes it for one', () => {
  expect(() => inputWith('{', 'application/json').body!.json()).toThrow(SyntaxError);
});
