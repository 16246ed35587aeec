import { expect, test } from 'vitest';
import { errorText } from '../../shadow/error-text.ts';
import { createRedactor } from '../../shadow/redact.ts';

const redactor = createRedactor(Buffer.from('key'));
const shown = (text: string): string => errorText(text, redactor).replaceAll(/<redacted:\w+>/g, '#');

test.each([
  [
    'failed: invalid input syntax for type integer: "Ada Lovelace"',
    'failed: invalid input syntax for type integer: "#"',
  ],
  ["failed: no customer named 'Ada'", "failed: no customer named '#'"],
  ['failed: Unexpected token A in `Ada, London`', 'failed: Unexpected token A in `#`'],
  [
    'failed: Key (first_name, city)=(Ada, London) already exists.',
    'failed: Key (first_name, city)=(#) already exists.',
  ],
  ['failed: ada@example.org is unknown', 'failed: # is unknown'],
])('of an error what it was given is hidden: %s', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test.each([
  'failed: column "total_cents" does not exist',
  'failed: relation "shop.orders" does not exist',
  "failed: Cannot read properties of undefined (reading 'rows')",
  "failed: it didn't answer, and the pool isn't open",
  'timeout: no answer within 2000 ms',
  'failed: it answered 503',
])('what says what is to be mended is shown: %s', (text) => {
  expect(shown(text)).toBe(text);
});

test('equal values stay visibly equal', () => {
  const [, first, second] = /"(.*)", not "(.*)"/.exec(errorText('it was "Ada L", not "Ada L"', redactor)) ?? [];
  expect(first).toBe(second);
});
