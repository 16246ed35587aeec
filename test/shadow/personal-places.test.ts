import { expect, test } from 'vitest';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import { createRedactor } from '../../shadow/redact.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import type { Difference } from '../../src/kernel/verdict.ts';
import { noCompareRules } from './arbitraries.ts';
import { jsonBody } from './exchanges.ts';

const redactor = createRedactor(Buffer.from('key'));
const hash = expect.stringMatching(/^"<redacted:[0-9a-f]{12}>"$/);

function answer(body: unknown, headers: readonly string[] = []): HttpAnswer {
  return { status: 200, headers: ['content-type', 'application/json', ...headers], body: jsonBody(body) };
}

function found(
  legacy: HttpAnswer,
  candidate: HttpAnswer,
  more: Partial<typeof noCompareRules> = {},
): readonly Difference[] {
  const compared = new AnswerComparer({ ...noCompareRules, ...more }, redactor).compare(legacy, candidate);
  return compared.outcome === 'different' ? compared.differences : [];
}

function agedAs(age: number): HttpAnswer {
  return answer({ people: { 'Ada Lovelace': { age } }, x: 1 });
}

function headersOf(n: number): string[] {
  const expires = 'Expires=Wed, 21 Oct 2026 07:28:00 GMT';
  return [
    'set-cookie',
    `session=secret${n}; Path=/; ${expires}`,
    'set-cookie',
    `lang=de${n}`,
    'x-csrf-token',
    `t${n}`,
    'location',
    `/welcome?token=abc${n}&page=2`,
  ];
}

test('keys of what is personal as a whole are hashes in places, and patterns in groups', () => {
  expect(found(agedAs(36), agedAs(37), { redact: ['$.people'] })).toEqual([
    expect.objectContaining({
      path: '$.people.*.*',
      at: expect.stringMatching(/^\$\.people\['<redacted:\w+>'\]\['<redacted:\w+>'\]$/),
      legacy: hash,
      candidate: hash,
    }),
  ]);
  const [only] = found(agedAs(1), agedAs(2), { redact: ['$.people.*.age'] });
  expect(only).toMatchObject({ at: "$.people['Ada Lovelace'].age", legacy: hash });
});

test('fields that are secrets by their name are hashes, where they differ and inside of what differs', () => {
  expect(found(answer({ password: 'a', author: 'x' }), answer({ password: 'b', author: 'y' }))).toMatchObject([
    { at: '$.password', legacy: hash, candidate: hash },
    { at: '$.author', legacy: '"x"', candidate: '"y"' },
  ]);
  const [user] = found(answer({ user: { phone: '0151 1234567', n: 1 } }), answer({}));
  expect(user?.legacy).toMatch(/^\{"phone":"<redacted:\w+>","n":1\}$/);
});

test('of a cookie that is compared the name and attributes are shown, of credentials nothing, of an address no secret', () => {
  const compared = { headers: ['set-cookie', 'x-csrf-token', 'location'] };
  const differences = found(answer({}, headersOf(1)), answer({}, headersOf(2)), compared);
  expect(differences.map(({ legacy }) => legacy)).toEqual([
    expect.stringMatching(
      /^"session=<redacted:\w+>; Path=\/; Expires=Wed, 21 Oct 2026 07:28:00 GMT\\nlang=<redacted:\w+>"$/,
    ),
    hash,
    expect.stringMatching(/^"\/welcome\?token=<redacted:\w+>&page=2"$/),
  ]);
});
