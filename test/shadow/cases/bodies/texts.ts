import { gzipSync } from 'node:zlib';
import { latin1, type BodyCase } from './body-case.ts';

const gzip = ['content-encoding', 'gzip'];
const json = '{"a":"é"}';

const plain: BodyCase[] = [
  {
    name: 'lines end otherwise',
    legacy: 'a\r\nb\r\n',
    candidate: 'a\nb\n',
    differences: ['body body line ends, line 1'],
  },
  {
    name: 'one line ends otherwise',
    legacy: 'a\nb\nc\n',
    candidate: 'a\nb\r\nc\n',
    differences: ['body body line ends, line 2'],
  },
  { name: 'a bare carriage return', legacy: 'a\rb', candidate: 'a\nb', differences: ['body body line ends, line 1'] },
  {
    name: 'the last line does not end',
    legacy: 'a\nb\n',
    candidate: 'a\nb',
    differences: ['body body final newline, line 2'],
  },
  {
    name: 'a last line end is too much',
    legacy: 'a',
    candidate: 'a\n',
    differences: ['body body final newline, line 1'],
  },
  {
    name: 'both at once',
    legacy: 'a\r\nb\r\n',
    candidate: 'a\nb',
    differences: ['body body line ends, line 1', 'body body final newline, line 2'],
  },
  {
    name: 'a word on the third line',
    legacy: 'a\nb\nc d\n',
    candidate: 'a\nb\nc e\n',
    differences: ['body body, line 3, character 3'],
  },
  {
    name: 'a word, where lines end otherwise as well',
    legacy: 'a\r\nb\r\nc',
    candidate: 'a\nb\nd',
    differences: ['body body, line 3, character 1'],
  },
  {
    name: 'an empty line at the end',
    legacy: 'a\n\n',
    candidate: 'a\n',
    differences: ['body body, line 1, character 2'],
  },
  {
    name: 'a space at the end of a line',
    legacy: 'a \nb',
    candidate: 'a\nb',
    differences: ['body body, line 1, character 2'],
  },
  {
    name: 'a composed and a decomposed letter',
    legacy: '\u00e9',
    candidate: 'e\u0301',
    differences: ['body body, line 1, character 1'],
  },
  {
    name: 'the same text in two charsets',
    types: ['text/plain; charset=iso-8859-1', 'text/plain; charset=utf-8'],
    legacy: latin1('é'),
    candidate: 'é',
    differences: ['header header content-type'],
  },
  {
    name: 'the same text in UTF-16, by its mark',
    legacy: Buffer.from('\ufeffé', 'utf16le'),
    candidate: 'é',
    differences: [],
  },
  {
    name: 'bytes that are not what their charset says',
    legacy: latin1('aé'),
    candidate: 'aé',
    differences: ['body body, byte 1'],
  },
  {
    name: 'two types whose texts are the same',
    types: ['text/html', 'text/plain'],
    legacy: '<p>',
    candidate: '<p>',
    differences: ['header header content-type'],
  },
  {
    name: 'two types, which have no paths in common',
    types: ['text/html', 'application/xml'],
    legacy: '<p a="1" b="2"></p>',
    candidate: '<p b="2" a="1"></p>',
    differences: ['header header content-type', 'body body, line 1, character 4'],
  },
];

const coded: BodyCase[] = [
  {
    name: 'a page that is compressed',
    type: 'text/html',
    legacy: gzipSync('<p id=a>x'),
    candidate: '<p id="a">x</p>',
    headers: [gzip, []],
    differences: [],
  },
  {
    name: 'a coding that is there twice',
    type: 'text/html',
    legacy: gzipSync(gzipSync('<p>x')),
    candidate: '<p>x</p>',
    headers: [['content-encoding', 'gzip, gzip'], []],
    differences: [],
  },
  {
    name: 'two lines of codings',
    type: 'text/html',
    legacy: gzipSync(gzipSync('<p>x')),
    candidate: '<p>x</p>',
    headers: [[...gzip, ...gzip], []],
    differences: [],
  },
  {
    name: 'compressed twice, and said once',
    type: 'text/html',
    legacy: gzipSync(gzipSync('<p>x')),
    candidate: '<p>x</p>',
    headers: [gzip, []],
    differences: ['body body, byte 0'],
  },
  {
    name: 'said to be compressed, and not',
    type: 'text/html',
    legacy: '<p>x',
    candidate: '<p>x</p>',
    headers: [gzip, []],
    undetermined: 'undecodable',
  },
  {
    name: 'more codings than anybody means',
    legacy: 'x',
    candidate: 'y',
    headers: [['content-encoding', 'gzip,gzip,gzip,gzip,gzip'], []],
    undetermined: 'undecodable',
  },
  {
    name: 'identity',
    type: 'application/json',
    legacy: json,
    candidate: '{ "a": "é" }',
    headers: [['content-encoding', 'identity'], []],
    differences: [],
  },
  {
    name: 'JSON that says it is Latin-1, and is',
    types: ['application/json; charset=latin1', 'application/json'],
    legacy: latin1(json),
    candidate: json,
    rules: { headers: [] },
    differences: [],
  },
  {
    name: 'JSON that says it is Latin-1, and is not',
    types: ['application/json; charset=latin1', 'application/json'],
    legacy: json,
    candidate: ` ${json}`,
    differences: ['header header content-type'],
  },
  {
    name: 'JSON with a byte-order mark',
    type: 'application/json',
    legacy: `\ufeff${json}`,
    candidate: json,
    differences: [],
  },
  {
    name: 'an image',
    type: 'image/png',
    legacy: Buffer.from([1, 2, 3]),
    candidate: Buffer.from([1, 2, 4, 5]),
    differences: ['body body, byte 2'],
  },
  {
    name: 'a type nobody knows, and text in it',
    type: 'application/octet-stream',
    legacy: 'a\r\n',
    candidate: 'a\n',
    differences: ['body body, byte 1'],
  },
];

export const textCases: readonly BodyCase[] = [...plain, ...coded].map((pair) => ({ type: 'text/plain', ...pair }));
