import type { BodyCase } from './body-case.ts';

const form: BodyCase[] = [
  { name: 'names in another order', legacy: 'a=1&b=2', candidate: 'b=2&a=1', differences: [] },
  { name: 'spaces as plus', legacy: 'q=a+b', candidate: 'q=a%20b', differences: [] },
  {
    name: 'percent-encoding in small letters, and where there need be none',
    legacy: 'q=%c3%a9%2d',
    candidate: 'q=%C3%A9-',
    differences: [],
  },
  { name: 'a name without a value', legacy: 'a&b=1', candidate: 'a=&b=1', differences: [] },
  { name: 'ampersands too many', legacy: 'a=1&&b=2&', candidate: 'a=1&b=2', differences: [] },
  { name: 'a value', legacy: 'a=1&b=2', candidate: 'a=1&b=3', differences: ['value $.b[0]'] },
  { name: 'the second value of a name', legacy: 'a=1&a=2', candidate: 'a=1&a=3', differences: ['value $.a[1]'] },
  { name: 'values of one name in another order', legacy: 'a=1&a=2', candidate: 'a=2&a=1' },
  { name: 'a name is missing', legacy: 'a=1&b=2', candidate: 'a=1', differences: ['missing $.b'] },
  { name: 'an equals sign in a value', legacy: 'a=b=c', candidate: 'a=b=d', differences: ['value $.a[0]'] },
  {
    name: 'bytes that are no UTF-8 are not replaced',
    legacy: 'a=%FF',
    candidate: 'a=%FE',
    differences: ['body body, line 1, character 5'],
  },
  {
    name: 'a percent sign on its own',
    legacy: 'a=100%&b=1',
    candidate: 'b=1&a=100%',
    differences: ['body body, line 1, character 1'],
  },
  {
    name: 'names that JavaScript knows',
    legacy: '__proto__=1&constructor=2',
    candidate: '__proto__=1&constructor=3',
    differences: ['value $.constructor[0]'],
  },
  {
    name: 'a name that means something in trees of elements',
    legacy: '%23order=1',
    candidate: '%23order=2',
    differences: [`value $['#order'][0]`],
  },
  { name: 'a name of no characters', legacy: '=1', candidate: '=2', differences: [`value $[''][0]`] },
  { name: 'a token is ignored', legacy: 'a=1&t=x', candidate: 't=y&a=1', rules: { ignore: ['$.t'] }, differences: [] },
];

const line = '\r\n';

function parts(boundary: string, ...all: (string | Uint8Array)[]): Uint8Array {
  const delimited = all.flatMap((part) => [`--${boundary}${line}`, part, line]);
  return Buffer.concat([...delimited, `--${boundary}--${line}`].map((piece) => Buffer.from(piece as string)));
}

function field(name: string, value: string): string {
  return `Content-Disposition: form-data; name="${name}"${line}${line}${value}`;
}

function file(bytes: readonly number[], filename = 'a.png'): Uint8Array {
  const head = `Content-Disposition: form-data; name="photo"; filename="${filename}"${line}Content-Type: image/png${line}${line}`;
  return Buffer.concat([Buffer.from(head), Buffer.from(bytes)]);
}

const formData = (boundary: string): string => `multipart/form-data; boundary=${boundary}`;
const both = { type: formData('x') };
const first = field('a', '1');

const multipart: BodyCase[] = [
  {
    name: 'another boundary',
    types: [formData('x'), formData('"a b"')],
    legacy: parts('x', first),
    candidate: parts('a b', first),
    differences: [],
  },
  {
    name: 'parts of different names in another order',
    ...both,
    legacy: parts('x', first, field('b', '2')),
    candidate: parts('x', field('b', '2'), first),
    differences: [],
  },
  {
    name: 'header names in capitals',
    ...both,
    legacy: parts('x', first),
    candidate: parts('x', first.replace('Content-Disposition', 'CONTENT-DISPOSITION')),
    differences: [],
  },
  {
    name: 'what stands before the first boundary',
    ...both,
    legacy: Buffer.concat([Buffer.from(`ignored${line}`), parts('x', first)]),
    candidate: parts('x', first),
    differences: [],
  },
  {
    name: 'a value',
    ...both,
    legacy: parts('x', first),
    candidate: parts('x', field('a', '2')),
    differences: ['value $.a[0].body'],
  },
  {
    name: 'a value that looks like a boundary',
    ...both,
    legacy: parts('x', field('a', '--xy')),
    candidate: parts('x', field('a', '--xz')),
    differences: ['value $.a[0].body'],
  },
  {
    name: 'a part is missing',
    ...both,
    legacy: parts('x', first, field('b', '2')),
    candidate: parts('x', first),
    differences: ['missing $.b'],
  },
  {
    name: 'the name of a file',
    ...both,
    legacy: parts('x', file([255])),
    candidate: parts('x', file([255], 'b.png')),
    differences: [`value $.photo[0].headers['content-disposition filename']`],
  },
  {
    name: 'bytes of a file',
    ...both,
    legacy: parts('x', file([255, 1])),
    candidate: parts('x', file([255, 2])),
    differences: ['value $.photo[0].body.sha256'],
  },
  {
    name: 'the size of a file',
    ...both,
    legacy: parts('x', file([255, 1])),
    candidate: parts('x', file([255])),
    differences: ['value $.photo[0].body.bytes', 'value $.photo[0].body.sha256'],
  },
  {
    name: 'no end',
    ...both,
    legacy: `--x${line}${first}`,
    candidate: `--x${line}${field('a', '2')}`,
    differences: ['body body, byte 49'],
  },
  {
    name: 'parts without names, by their order',
    type: 'multipart/mixed; boundary=x',
    legacy: parts('x', `${line}one`, `${line}two`),
    candidate: parts('x', `${line}one`, `${line}three`),
    differences: ['value $[1].body'],
  },
];

export const formCases: readonly BodyCase[] = [
  ...form.map((pair) => ({ ...pair, type: 'application/x-www-form-urlencoded' })),
  ...multipart,
];
