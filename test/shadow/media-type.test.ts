import { expect, test } from 'vitest';
import { mediaTypeOf, readParameters, type MediaType } from '../../shadow/media-type.ts';

function typeOf(value: string): MediaType {
  return mediaTypeOf({ status: 200, headers: ['content-type', value], body: Buffer.alloc(0) });
}

test.each([
  ['application/problem+json', 'json'],
  ['application/x-www-form-urlencoded', 'form'],
  ['multipart/form-data; boundary=a', 'multipart'],
  ['TEXT/HTML', 'html'],
  ['application/atom+xml', 'xml'],
  ['image/svg+xml', 'xml'],
  ['application/xhtml+xml', 'xml'],
  ['text/csv; header=present', 'csv'],
  ['text/css', 'text'],
  ['application/x-ndjson', 'text'],
  ['image/png', 'binary'],
  ['', 'binary'],
])('%s is read as %s', (value, kind) => {
  expect(typeOf(value).kind).toBe(kind);
});

test('parameters may be quoted, and the first of a name counts', () => {
  const [value, parameters] = readParameters(String.raw`Multipart/Mixed; Boundary="a;\"b"; x = 1;boundary=c`);
  expect(value).toBe('multipart/mixed');
  expect([...parameters]).toEqual([
    ['boundary', 'a;"b'],
    ['x', '1'],
  ]);
});
