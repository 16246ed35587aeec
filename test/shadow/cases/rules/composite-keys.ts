import type { ComparisonCase } from '../comparison-case.ts';

const lines = { keyed: { $: { by: ['order', 'position'] } } };

export const compositeKeys: readonly ComparisonCase[] = [
  {
    name: 'composite key: rows in another order',
    legacy: '[{"order":1,"position":1,"n":1},{"order":1,"position":2,"n":2},{"order":2,"position":1,"n":3}]',
    candidate: '[{"order":2,"position":1,"n":3},{"order":1,"position":2,"n":2},{"order":1,"position":1,"n":1}]',
    rules: lines,
    expected: [],
  },
  {
    name: 'composite key: the row that moved and changed is told from the others',
    legacy: '[{"order":1,"position":1,"n":1},{"order":1,"position":2,"n":2}]',
    candidate: '[{"order":1,"position":2,"n":9},{"order":1,"position":1,"n":1}]',
    rules: lines,
    expected: [['value $[1].n', '2', '9']],
  },
  {
    name: 'composite key: parts do not run into each other',
    legacy: '[{"order":"a,b","position":"c","n":1}]',
    candidate: '[{"order":"a","position":"b,c","n":1}]',
    rules: lines,
    expected: ['missing $[0]', 'extra $[0]'],
  },
  {
    name: 'composite key: 1 and "1" are two keys',
    legacy: '[{"order":1,"position":1}]',
    candidate: '[{"order":"1","position":1}]',
    rules: lines,
    expected: ['missing $[0]', 'extra $[0]'],
  },
  {
    name: 'composite key: rows that lack a part are a multiset',
    legacy: '[{"order":1,"n":1},{"order":1,"n":2}]',
    candidate: '[{"order":1,"n":2},{"order":1,"n":1}]',
    rules: lines,
    expected: [],
  },
  {
    name: 'composite key: rows that share a key are a multiset',
    legacy: '[{"order":1,"position":1,"n":1},{"order":1,"position":1,"n":2}]',
    candidate: '[{"order":1,"position":1,"n":2},{"order":1,"position":1,"n":3}]',
    rules: lines,
    expected: [['value $[0].n', '1', '3']],
  },
  {
    name: 'composite key: of one name it is that key',
    legacy: '[{"id":1,"n":1},{"id":2,"n":2}]',
    candidate: '[{"id":2,"n":2},{"id":1,"n":1}]',
    rules: { keyed: { $: { by: ['id'], because: 'no order was promised' } } },
    expected: [],
  },
  {
    name: 'composite key: __proto__ may be part of it',
    legacy: '[{"__proto__":1,"b":1,"n":1},{"__proto__":2,"b":1,"n":2}]',
    candidate: '[{"__proto__":2,"b":1,"n":2},{"__proto__":1,"b":1,"n":3}]',
    rules: { keyed: { $: { by: ['__proto__', 'b'] } } },
    expected: ['value $[0].n'],
  },
];
