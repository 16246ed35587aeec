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

test.each([
  'a',
  '1',
  '4 ',
  '@',
  '%',
  '.',
  'eyJ',
  'aA1',
  'a@a.',
  'DE12 ',
  '+1 ',
  '?token=',
  '555-',
  '"token',
  '"token":"',
  '(S(',
])('a long run of %j is searched in linear time', (unit) => {
  expect(typeof redactor.text(unit.repeat(20_000))).toBe('string');
});

test.each([
  'DE89 3704 0044 0532 0130 00',
  'GB29NWBK60161331926819',
  'fr1420041010050500013m02606',
  'NO9386011117947',
  '+49 151 2345 6789',
  '+1-555-123-4567',
  '+44 (0)20 7946 0958',
  '(555) 123-4567',
  '555-123-4567',
])('%s is an account or a phone, and replaced by a hash', (text) => {
  expect(redactor.text(text)).toMatch(hidden);
  expect(redactor.text(`"${text}", and more`)).toMatch(/^"<redacted:[0-9a-f]{12}>", and more$/);
});

test.each([
  'DE88 3704 0044 0532 0130 00',
  'SK12345678901234567',
  'ORDER-2026-000123456',
  '2026-11-23T22:45:42+0200',
  '0151 1234567',
  '+12',
  '3.5e+10',
  '550e8400-e29b-41d4-a716-446655440000',
  '1234-555-123-4567',
  'LT601010012345678901 2'.replaceAll('60', '61'),
  '/search?page=2&sort=total',
])('%s is neither, and stays as it is', (text) => {
  expect(redactor.text(text)).toBe(text);
});

test('an address inside a text keeps its shape and loses what lets somebody in', () => {
  expect(redactor.text('see https://shop.example/reset?id=7&reset_token=abc123&x=1')).toMatch(
    /^see https:\/\/shop\.example\/reset\?id=7&reset_token=<redacted:\w+>&x=1$/,
  );
});

test('a token of two words in an address is one', () => {
  expect(redactor.text('/u?token=Bearer abc-def-ghi')).toMatch(/^\/u\?token=<redacted:\w+>$/);
});

test('a plus in a query may be one, and a parameter of the path is personal by its name', () => {
  expect(redactor.target('/search?q=+491512345678')).toMatch(/^\/search\?q=<redacted:\w+>$/);
  expect(redactor.target('/of/Ada%20Lovelace/orders', { surname: 'Ada Lovelace', id: 'orders' })).toMatch(
    /^\/of\/<redacted:\w+>\/orders$/,
  );
});

test.each([
  '/orders;jsessionid=1A2B3C4D5E6F77889900AABBCCDDEEFF?page=2',
  '/orders.php?PHPSESSID=s3cr3t0fada&page=2',
  '/orders?sid=s3cr3t0fada',
  '/orders?csrf=s3cr3t0fada&_wpnonce=s3cr3t0fada',
  '/(S(lit3py55t21z5v55vlm25s55))/orders.aspx',
])('a session that legacy writes into addresses is hidden: %s', (target) => {
  const shown = redactor.target(target);
  expect(shown).toContain('<redacted:');
  expect(shown).not.toMatch(/1A2B3C|s3cr3t|lit3py/);
  expect(shown).toContain('/orders');
});

test.each([
  '{"user":1,"password":"hunter2","x":1}',
  '{ "access_token" : "hunter2 \\" more" }',
  'line 7: {"csrfToken":"hunter2"}',
])('a secret in JSON that is compared as a text is hidden: %s', (text) => {
  expect(redactor.text(text)).toMatch(/<redacted:\w+>"/);
  expect(redactor.text(text)).not.toContain('hunter2');
  expect(redactor.text(redactor.text(text))).toBe(redactor.text(text));
});

test.each([
  'password',
  'accessToken',
  'csrf',
  '_xsrf',
  'PHPSESSID',
  'sid',
  '_wp_nonce',
  'home_phone',
  'session_id',
  'cvc',
  'X-Api-Key',
  'cardNumber',
])('a field named %s is a secret', (name) => expect(redactor.isSecretField(name)).toBe(true));

test.each(['author', 'side', 'announce', 'tokens', 'spin', 'sessions', 'signature_count', 'total'])(
  'a field named %s is none',
  (name) => expect(redactor.isSecretField(name)).toBe(false),
);
