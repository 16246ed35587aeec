import type { ComparisonCase } from './comparison-case.ts';

export const texts: readonly ComparisonCase[] = [
  {
    name: 'white space between tokens means nothing',
    legacy: '{"a":[1,2]}',
    candidate: '{ "a" :\t[1,\r\n2] }',
    expected: [],
  },
  { name: 'white space in a string is compared', legacy: '["a b"]', candidate: '["a  b"]', expected: ['value $[0]'] },
  { name: 'white space around a string is compared', legacy: '["a"]', candidate: '["a "]', expected: ['value $[0]'] },
  {
    name: 'an escaped character is the character',
    legacy: '["é/"]',
    candidate: String.raw`["\u00e9\/"]`,
    expected: [],
  },
  {
    name: 'the case of hexadecimal escapes means nothing',
    legacy: String.raw`["\u00E9"]`,
    candidate: String.raw`["\u00e9"]`,
    expected: [],
  },
  { name: 'an escaped key is the key', legacy: '{"name":1}', candidate: String.raw`{"n\u0061me":1}`, expected: [] },
  { name: 'letters of another case differ', legacy: '["Ada"]', candidate: '["ada"]', expected: ['value $[0]'] },
  {
    name: 'composed and decomposed letters differ, though they look the same',
    legacy: String.raw`["caf\u00e9"]`,
    candidate: String.raw`["cafe\u0301"]`,
    expected: ['value $[0]'],
  },
  {
    name: 'composed and decomposed keys are two keys',
    legacy: String.raw`{"caf\u00e9":1}`,
    candidate: String.raw`{"cafe\u0301":1}`,
    expected: ['missing $.caf\u00e9', "extra $['cafe\u0301']"],
  },
  {
    name: 'a pair of surrogates is the character',
    legacy: '["😀"]',
    candidate: String.raw`["\ud83d\ude00"]`,
    expected: [],
  },
  {
    name: 'two lone surrogates differ',
    legacy: String.raw`["\ud800"]`,
    candidate: String.raw`["\ud801"]`,
    expected: ['value $[0]'],
  },
  {
    name: 'a lone surrogate is not the replacement character',
    legacy: String.raw`["\ud800"]`,
    candidate: '["\uFFFD"]',
    expected: ['value $[0]'],
  },
  {
    name: 'a byte order mark before the body means nothing',
    legacy: '{"a":1}',
    candidate: '\uFEFF{"a":1 }',
    expected: [],
  },
  {
    name: 'a byte order mark in a string is compared',
    legacy: '["a"]',
    candidate: '["\uFEFFa"]',
    expected: ['value $[0]'],
  },
  {
    name: 'a space that does not break is not a space',
    legacy: '["a b"]',
    candidate: '["a\u00A0b"]',
    expected: ['value $[0]'],
  },
  { name: 'NUL in a string is compared', legacy: String.raw`["\u0000"]`, candidate: '[""]', expected: ['value $[0]'] },
  {
    name: 'the empty string is not null',
    legacy: '{"a":""}',
    candidate: '{"a":null}',
    expected: [['type $.a', '""', 'null']],
  },
  {
    name: 'line ends in strings are compared',
    legacy: String.raw`["a\n"]`,
    candidate: String.raw`["a\r\n"]`,
    expected: ['value $[0]'],
  },
  {
    name: 'the same moment in two time zones differs',
    legacy: '{"at":"2026-03-01T12:00:00Z"}',
    candidate: '{"at":"2026-03-01T13:00:00+01:00"}',
    expected: ['value $.at'],
  },
  {
    name: 'the same moment with and without milliseconds differs',
    legacy: '{"at":"2026-03-01T12:00:00Z"}',
    candidate: '{"at":"2026-03-01T12:00:00.000Z"}',
    expected: ['value $.at'],
  },
];
