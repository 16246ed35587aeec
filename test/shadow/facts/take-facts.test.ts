import { expect, test } from 'vitest';
import type { RuledBody } from '../../../shadow/facts/body-facts.ts';
import { questionFacts } from '../../../shadow/facts/question-facts.ts';
import { factsOfDifferences, factsOfMatch, type FactSource } from '../../../shadow/facts/take-facts.ts';
import { createRedactor } from '../../../shadow/redact.ts';
import type { GroupFacts } from '../../../src/kernel/facts.ts';
import type { Difference } from '../../../src/kernel/verdict.ts';
import { json, rulesOf, type PathRules } from '../arbitraries.ts';

const redactor = createRedactor(Buffer.from('key'), ['tax']);
const hidden = /^<redacted:[0-9a-f]{12}>$/;

function source(body: unknown, rules: Partial<PathRules> = {}): FactSource {
  const ruled: RuledBody = { value: json(body), rules: rulesOf(rules) };
  return { question: new Map(), body: ruled, key: Buffer.from('any key'), redactor };
}

function difference(path: string, at: string, more: Partial<Difference> = {}): Difference {
  return { kind: 'value', path, at, legacy: '1', candidate: '2', critical: false, ...more };
}

const rows = {
  page: { size: 2 },
  tags: [],
  rows: [
    { id: 1, currency: 'EUR', lines: [{ sku: 'a' }] },
    { id: 2, currency: 'JPY', lines: [{ sku: 'b' }, { sku: 'c' }] },
  ],
};

function take(differences: readonly Difference[]): GroupFacts {
  return factsOfDifferences(source(rows), differences, () => true).groups![0]!;
}

test('a question tells its parameters, hour and whether it had credentials; numbers are numbers', () => {
  const facts = questionFacts(
    {
      params: { id: '17', code: '007' },
      question: {
        method: 'GET',
        target: '/x/17?page=2&status=open&email=ada@example.org&q=to%20ada@example.org&tax=12&page=3&last_name=Ada',
        headers: ['Cookie', 'session=1'],
      },
      askedAt: Date.UTC(2026, 0, 1, 3, 59),
    },
    404,
    redactor,
  );
  expect(Object.fromEntries(facts)).toEqual({
    method: 'GET',
    status: '4xx',
    hour: 3,
    cookie: true,
    authorization: false,
    ':id': 17,
    ':code': '007',
    '?page': 2,
    '?status': 'open',
    '?email': expect.stringMatching(hidden),
    '?q': expect.stringMatching(/^to <redacted:\w+>$/),
    '?tax': expect.stringMatching(hidden),
    '?last_name': expect.stringMatching(hidden),
  });
});

test('of a match there are the scalars, the lengths of arrays, and one element of each array', () => {
  const { match } = factsOfMatch(source(rows));
  expect(match).toMatchObject({ '$.page.size': 2, '$.tags length': 0, '$.rows length': 2 });
  const isFirst = match?.['$.rows[*].id'] === 1;
  expect(match).toMatchObject({
    '$.rows[*].currency': isFirst ? 'EUR' : 'JPY',
    '$.rows[*].lines length': isFirst ? 1 : 2,
  });
  expect(factsOfMatch(source(rows))).toEqual({ match });
});

test('of a difference in an element there are the fields of that very element and of what is above it', () => {
  const found = factsOfDifferences(
    source(rows),
    [difference('$.rows[*].lines[*].sku', '$.rows[1].lines[1].sku')],
    () => true,
  );
  expect(found.groups).toEqual([
    {
      path: '$.rows[*].lines[*].sku',
      kind: 'value',
      legacy: '1',
      candidate: '2',
      differs: {
        '$.page.size': 2,
        '$.tags length': 0,
        '$.rows length': 2,
        '$.rows[*].id': 2,
        '$.rows[*].currency': 'JPY',
        '$.rows[*].lines length': 2,
        '$.rows[*].lines[*].sku': 'c',
      },
      beside: expect.objectContaining({ '$.rows[*].id': 2, '$.rows[*].lines[*].sku': 'b' }),
    },
  ]);
});

test('an element that does not differ stands beside one that does, and there is none where all differ or too many do', () => {
  const one = difference('$.rows[*].id', '$.rows[1].id');
  expect(take([one])).toMatchObject({ differs: { '$.rows[*].id': 2 }, beside: { '$.rows[*].id': 1 } });
  expect(take([one, difference('$.rows[*].id', '$.rows[0].id')]).beside).toBeUndefined();
  const many = Array.from({ length: 49 }, () => difference('$.page.size', '$.page.size'));
  expect(take([one, ...many]).beside).toBeUndefined();
});

test('a row that only the candidate has is no row of legacy; one that only legacy has is', () => {
  expect(take([difference('$.rows[*]', '$.rows[1]', { kind: 'extra' })]).differs).toEqual({
    '$.page.size': 2,
    '$.tags length': 0,
    '$.rows length': 2,
  });
  expect(take([difference('$.rows[*]', '$.rows[1]', { kind: 'missing' })]).differs).toMatchObject({
    '$.rows[*].currency': 'JPY',
  });
});

test('only wanted groups are taken, and places that cannot be walked still tell of the answer', () => {
  const differences = [
    difference('$.a', '$.a'),
    difference('status', 'status', { kind: 'status' }),
    difference('$.rows[*].x', "$.rows[1]['<redacted:123456789012>']"),
  ];
  const found = factsOfDifferences(source(rows), differences, (path) => path !== '$.a').groups;
  expect(found?.map(({ path }) => path)).toEqual(['status', '$.rows[*].x']);
  expect(found?.map(({ differs }) => differs['$.rows length'])).toEqual([2, 2]);
});

test('what is personal by rule, by name or by its looks is a hash; prose is one as well, and what is ignored is left out', () => {
  const { match } = factsOfMatch(
    source(
      {
        ssn: 1,
        birth: null,
        secret_score: 12,
        'ada@example.org': 'x',
        customer_name: 'Ada Lovelace',
        card: 4_111_111_111_111_111,
        note: 'call me at ada@example.org',
        prose: 'one two three four',
        at: 'ignored',
        inside: { total: 1, deep: { deeper: { deepest: 1 } } },
        people: { ada: 1 },
        exact: 1.5,
        open: true,
      },
      { redact: ['$.inside.total', '$.people'], ignore: ['$.at'] },
    ),
  );
  expect(match).toEqual({
    '$.ssn': expect.stringMatching(hidden),
    '$.birth': null,
    '$.secret_score': expect.stringMatching(hidden),
    '$.*': 'x',
    '$.customer_name': expect.stringMatching(hidden),
    '$.card': expect.stringMatching(hidden),
    '$.note': expect.stringMatching(hidden),
    '$.prose': expect.stringMatching(hidden),
    '$.exact': 1.5,
    '$.open': true,
    '$.inside.total': expect.stringMatching(hidden),
    '…': true,
  });
});

test.each([
  [
    'customer',
    'Customer',
    'CUSTOMER',
    'assignedTo',
    'assigned_to',
    'createdBy',
    'updated_by',
    'author',
    'ship_to',
    'alias',
  ],
])('who somebody is, is a hash in facts, however the field is written: %s', (...names) => {
  const { match } = factsOfMatch(source(Object.fromEntries(names.map((name) => [name, 'Ada L']))));
  expect(Object.values(match ?? {}).map(String)).toEqual(names.map(() => expect.stringMatching(hidden)));
});

test('what else a field says of people is shown, so that it can be what differing answers have in common', () => {
  const shown = {
    customerType: 'vip',
    userAgent: 'curl',
    ownerCount: 2,
    standby: 'yes',
    membership: 'gold',
    company_size: 'L',
  };
  expect(Object.keys(factsOfMatch(source(shown)).match ?? {})).toHaveLength(6);
  expect(Object.values(factsOfMatch(source(shown)).match ?? {})).toEqual(Object.values(shown));
});

test('facts are bounded, and say that they are not complete', () => {
  const wide = Object.fromEntries(Array.from({ length: 61 }, (_, i) => [`k${i}`, i]));
  expect(factsOfMatch(source(wide)).match).toEqual({ '…': true });
  const many = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [
      `k${i}`,
      Object.fromEntries(Array.from({ length: 50 }, (__, j) => [`l${j}`, j])),
    ]),
  );
  const { match } = factsOfMatch(source(many));
  expect(Object.keys(match!)).toHaveLength(121);
  expect(match).toHaveProperty(['…']);
});
