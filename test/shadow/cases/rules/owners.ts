import type { ComparisonCase } from '../comparison-case.ts';

const rules = { owner: ['$.rows[*].customer_id'] };

export const owners: readonly ComparisonCase[] = [
  {
    name: 'owner: a row of somebody whom legacy shows nothing of',
    legacy: '{"rows":[{"id":1,"customer_id":7}]}',
    candidate: '{"rows":[{"id":1,"customer_id":7},{"id":2,"customer_id":8}]}',
    rules,
    expected: [['owner $.rows[1].customer_id', undefined, '8'], 'extra $.rows[1]'],
  },
  {
    name: 'owner: one more row of the same customer is a difference like others',
    legacy: '{"rows":[{"id":1,"customer_id":7}]}',
    candidate: '{"rows":[{"id":1,"customer_id":7},{"id":2,"customer_id":7}]}',
    rules,
    expected: ['extra $.rows[1]'],
  },
  {
    name: 'owner: a row that went to somebody whom legacy does show',
    legacy: '{"rows":[{"customer_id":7},{"customer_id":8}]}',
    candidate: '{"rows":[{"customer_id":7},{"customer_id":7}]}',
    rules,
    expected: ['value $.rows[1].customer_id'],
  },
  {
    name: 'owner: fewer rows say nothing of owners',
    legacy: '{"rows":[{"customer_id":7},{"customer_id":8}]}',
    candidate: '{"rows":[{"customer_id":7}]}',
    rules,
    expected: ['missing $.rows[1]'],
  },
  {
    name: 'owner: the same one is named once',
    legacy: '{"rows":[]}',
    candidate: '{"rows":[{"customer_id":8},{"customer_id":8}]}',
    rules,
    expected: ['owner $.rows[0].customer_id', 'extra $.rows[0]', 'extra $.rows[1]'],
  },
  {
    name: 'owner: null is nobody',
    legacy: '{"rows":[]}',
    candidate: '{"rows":[{"customer_id":null}]}',
    rules,
    expected: ['extra $.rows[0]'],
  },
  {
    name: 'owner: 7 and "7" are two, unless a format says otherwise',
    legacy: '{"rows":[{"customer_id":"7"}]}',
    candidate: '{"rows":[{"customer_id":7}]}',
    rules,
    expected: ['owner $.rows[0].customer_id', 'type $.rows[0].customer_id'],
  },
  {
    name: 'owner: where a format says so they are one',
    legacy: '{"rows":[{"customer_id":"7"}]}',
    candidate: '{"rows":[{"customer_id":7}]}',
    rules: { ...rules, format: { '$.rows[*].customer_id': 'decimal' } },
    expected: [],
  },
  {
    name: 'owner: the order of rows is nobody’s business',
    legacy: '{"rows":[{"customer_id":7},{"customer_id":8}]}',
    candidate: '{"rows":[{"customer_id":8},{"customer_id":7}]}',
    rules,
    expected: ['order $.rows'],
  },
  {
    name: 'owner: at a place by itself',
    legacy: '{"owner":"ada","n":1}',
    candidate: '{"owner":"bob","n":1}',
    rules: { owner: ['$.owner'] },
    expected: [['owner $.owner', undefined, '"bob"'], 'value $.owner'],
  },
];
