import { expect, test } from 'vitest';
import { decodeText } from '../../shadow/decode-text.ts';
import { mediaTypeOf } from '../../shadow/media-type.ts';

function decoded(contentType: string, body: Uint8Array | string): string | undefined {
  const bytes = Buffer.from(body as string);
  return decodeText(bytes, mediaTypeOf({ status: 200, headers: ['content-type', contentType], body: bytes }));
}

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const wide = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, 'utf16le');

test.each([
  ['a page says it', 'text/html', latin('<meta charset="iso-8859-1">é')],
  ['a page says it in the old way', 'text/html', latin('<meta http-equiv=x content="text/html; charset=latin1">é')],
  ['the header says it, whatever the page says', 'text/html; charset=latin1', latin('<meta charset="utf-8">é')],
  ['a mark says it, whatever the header says', 'text/html; charset=latin1', Buffer.from('\ufeffé')],
  ['a mark of UTF-16', 'text/csv', wide('a,é')],
  ['an XML declaration', 'application/xml', latin(`<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>`)],
  ['nobody says it', 'text/html', 'é'],
  ['a page in UTF-8 that claims UTF-16', 'text/html', '<meta charset=utf-16>é'],
  ['a comment does not count', 'text/html', '<!-- <meta charset=latin1> -->é'],
  ['JSON has no charset', 'application/json; charset=latin1', '"é"'],
  ['JSON that is no UTF-8', 'application/json; charset=latin1', latin('"é"')],
])('%s', (_, type, body) => {
  const text = decoded(type, body);
  expect(text).toContain('é');
  expect(text).not.toContain('\ufeff');
});

test.each([
  ['bytes that are not what the header says', 'text/plain; charset=utf-8', latin('é')],
  ['a charset nobody knows', 'text/plain; charset=klingon', 'a'],
  ['JSON that is no UTF-8 and does not say what it is', 'application/json', latin('"é"')],
])('%s are no text', (_, type, body) => {
  expect(decoded(type, body)).toBeUndefined();
});
