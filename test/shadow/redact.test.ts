import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from '../../shadow/redact.ts';

const redactor = createRedactor(Buffer.from('key'), ['surname']);
const hidden = /^<redacted:[0-9a-f]{12}>$/;

test.each([
  'ada.lovelace+shop@mail.example.org',
  '4111 1111 1111 1111',
  '5555-5555-5555-4444',
  '378282246310005'.padStart(15),
  'Bearer abc.def-ghi_123',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
  'Ab3xQ9zR7tY2uW5vK8mN1pL4sD6fG0hJcBzXqEwR',
])('%s is replaced by a hash', (text) => {
  expect(redactor.text(text.trim())).toMatch(hidden);
  const inside = redactor.text(`before ${text.trim()} after`);
  expect(inside).toMatch(/^before <redacted:[0-9a-f]{12}> after$/);
});

test.each([
  'Order 4711 was shipped',
  '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
  '2026-11-23T22:45:42.000Z',
  '1700000000000',
  '4111 1111 1111 1112',
  '12345.678901234567',
  'a-very-long-but-perfectly-ordinary-slug-of-some-article-in-a-shop',
])('%s stays as it is', (text) => {
  expect(redactor.text(text)).toBe(text);
  expect(redactor.isPersonal(text)).toBe(false);
});

test('equal values have equal hashes, other values and other keys have others', () => {
  expect(redactor.hash('ada')).toBe(createRedactor(Buffer.from('key')).hash('ada'));
  expect(redactor.hash('ada')).not.toBe(redactor.hash('eve'));
  expect(redactor.hash('ada')).not.toBe(createRedactor(Buffer.from('other')).hash('ada'));
});

test('a target keeps its shape and loses what is personal', () => {
  const target = redactor.target(
    '/api/customers/ada%40example.org/orders?page=2&q=eve@example.org&Surname=Lovelace&token=1&flag',
  );
  expect(target).toMatch(
    /^\/api\/customers\/<redacted:\w+>\/orders\?page=2&q=<redacted:\w+>&Surname=<redacted:\w+>&token=<redacted:\w+>&flag$/,
  );
  expect(redactor.target('/api/orders?status=open&page=%zz')).toBe('/api/orders?status=open&page=%zz');
});

test('no text makes it fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(typeof redactor.target(text)).toBe('string');
      expect(redactor.text(redactor.text(text))).toBe(redactor.text(text));
    }),
  );
});

test.each(['a', '1', '4 ', '@', '%', '.', 'eyJ', 'aA1', 'a@a.'])(
  'a long run of %j is searched in linear time',
  (unit) => {
    expect(typeof redactor.text(unit.repeat(20_000))).toBe('string');
  },
);
