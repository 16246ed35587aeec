import { expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { keepAnswers } from '../../../shadow/pairs/keep-answers.ts';
import type { NormalizedCompareRules } from '../../../src/config/compare-rules.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';

function answer(type: string | undefined, body: string): HttpAnswer {
  const headers = type === undefined ? [] : ['content-type', type];
  return { status: 200, headers, body: Buffer.from(body) };
}

function placesOf(legacy: HttpAnswer, candidate: HttpAnswer, rules: Partial<NormalizedCompareRules> = {}): string[] {
  const comparer = new AnswerComparer({ ...noCompareRules, headers: [], ...rules }, testRedactor);
  const compared = comparer.compare(legacy, candidate);
  expect(compared.outcome).not.toBe('undetermined');
  return compared.outcome === 'different' ? compared.differences.map(({ kind, at }) => `${kind} ${at}`) : [];
}

const json = 'application/json';

test.each(['text/html; charset=UTF-8', 'text/plain', undefined])(
  'JSON that legacy sends as %s is compared as JSON',
  (type) => {
    const legacy = answer(type, ' {"id":1, "rows":[{"total":"1.0"}], "at":"x"}');
    expect(placesOf(legacy, answer(json, '{"at":"y","rows":[{"total":"1.0"}],"id":1}'))).toEqual(['value $.at']);
    expect(placesOf(legacy, answer(type, '{"at":"x","rows":[{"total":"1.1"}],"id":1}'))).toEqual([
      'value $.rows[0].total',
    ]);
    expect(placesOf(legacy, answer(json, '{"at":"y","rows":[{"total":"1.0"}],"id":1}'), { ignore: ['$.at'] })).toEqual(
      [],
    );
  },
);

test('that it is called something else is a difference where types are compared', () => {
  const [legacy, candidate] = [answer('text/html', '[1]'), answer(json, '[ 1 ]')];
  expect(placesOf(legacy, candidate, { headers: ['content-type'] })).toEqual(['header header content-type']);
});

test('what is stored and digested of it is what is stored of JSON', () => {
  const comparer = new AnswerComparer(noCompareRules, testRedactor);
  expect(comparer.digest(answer('text/html', '{"a":1,"b":2}'))).toEqual(
    comparer.digest(answer('text/html', '{"b":2,"a":1}')),
  );
  const answers = { legacy: answer('text/html', '{"password":"hunter2","n":1}'), candidate: answer(json, '{"n":2}') };
  const kept = keepAnswers(answers, { redact: [], headers: [] }, testRedactor, { target: '/', headers: [] });
  expect(kept.legacy?.body).toMatchObject({ form: 'tree', kind: 'json' });
  expect(JSON.stringify(kept)).not.toContain('hunter2');
});

test.each([
  ['a page', '<p>{"a":1}</p>', '<p>{"a": 1}</p>'],
  ['a text that only begins like JSON', '[info] started', '[info]  started'],
  ['lines of JSON', '{"a":1}\n{"b":1}', '{"a":1}\n{"b": 1}'],
  ['a word', '"a"', ' "a"'],
])('%s is compared as what it is called', (_, legacy, candidate) => {
  expect(placesOf(answer('text/plain', legacy), answer('text/plain', candidate))).toHaveLength(1);
});
