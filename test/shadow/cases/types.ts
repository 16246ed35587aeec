import type { ComparisonCase } from './comparison-case.ts';

export const types: readonly ComparisonCase[] = [
  {
    name: 'an array is not an object at the root, though both are empty',
    legacy: '[]',
    candidate: '{}',
    expected: [['type $', '[]', '{}']],
  },
  {
    name: 'an array is not an object below, though both are empty',
    legacy: '{"a":[]}',
    candidate: '{"a":{}}',
    expected: ['type $.a'],
  },
  {
    name: 'a body that is null can be compared',
    legacy: 'null',
    candidate: '{}',
    expected: [['type $', 'null', '{}']],
  },
  { name: 'two bodies that are null are equal', legacy: 'null', candidate: ' null', expected: [] },
  { name: 'a body may be a string', legacy: '"a"', candidate: '"b"', expected: [['value $', '"a"', '"b"']] },
  { name: 'a body may be a number', legacy: '1', candidate: '2', expected: ['value $'] },
  { name: 'null is not false', legacy: '{"a":null}', candidate: '{"a":false}', expected: ['type $.a'] },
  { name: 'zero is not false', legacy: '{"a":0}', candidate: '{"a":false}', expected: ['type $.a'] },
  { name: 'null is not the word', legacy: '[null]', candidate: '["null"]', expected: ['type $[0]'] },
  { name: 'true is not the word', legacy: '[true]', candidate: '["true"]', expected: ['type $[0]'] },
  { name: 'true is not false', legacy: '[true]', candidate: '[false]', expected: [['value $[0]', 'true', 'false']] },
  {
    name: 'a value is not an array of it',
    legacy: '{"a":1}',
    candidate: '{"a":[1]}',
    expected: [['type $.a', '1', '[1]']],
  },
  { name: 'an array of null is not an empty one', legacy: '[null]', candidate: '[]', expected: ['missing $[0]'] },
  {
    name: 'a string is not an array of its letters',
    legacy: '{"a":"xy"}',
    candidate: '{"a":["x","y"]}',
    expected: ['type $.a'],
  },
  {
    name: 'an object in place of a number is one difference',
    legacy: '{"a":1,"b":2}',
    candidate: '{"a":{"x":1,"y":2},"b":2}',
    expected: ['type $.a'],
  },
  {
    name: 'a text that spells a difference is a text',
    legacy: '["missing $.a"]',
    candidate: '["present"]',
    expected: ['value $[0]'],
  },
];
