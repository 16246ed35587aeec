import { describe, expect, test } from 'vitest';
import { AnswerComparer, type Comparison } from '../../../shadow/compare-answers.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';
import type { BodyCase } from './bodies/body-case.ts';
import { csvCases } from './bodies/csv.ts';
import { formCases } from './bodies/forms.ts';
import { headerCases } from './bodies/headers.ts';
import { htmlCases } from './bodies/html.ts';
import { ruledCases } from './bodies/ruled.ts';
import { textCases } from './bodies/texts.ts';
import { xmlCases } from './bodies/xml.ts';

const corpus: Readonly<Record<string, readonly BodyCase[]>> = {
  HTML: htmlCases,
  XML: xmlCases,
  CSV: csvCases,
  forms: formCases,
  'texts and codings': textCases,
  headers: headerCases,
  rules: ruledCases,
};

function answersOf({ type = 'text/plain', types = [type, type], headers, legacy, candidate }: BodyCase): HttpAnswer[] {
  return [legacy, candidate].map((body, side) => ({
    status: 200,
    headers: ['Content-Type', types[side]!, ...(headers?.[side] ?? [])],
    body: Buffer.from(body as string),
  }));
}

function placesOf(found: Comparison): string[] {
  return found.outcome === 'different' ? found.differences.map(({ kind, at }) => `${kind} ${at}`) : [];
}

function outcomeOf({ differences, undetermined }: BodyCase): Comparison['outcome'] {
  if (undetermined !== undefined) return 'undetermined';
  return differences?.length === 0 ? 'equal' : 'different';
}

describe.each(Object.entries(corpus))('%s', (_, cases) => {
  test.each(cases.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    const comparer = new AnswerComparer({ ...noCompareRules, ...given.rules }, testRedactor);
    const [legacy, candidate] = answersOf(given) as [HttpAnswer, HttpAnswer];
    const found = comparer.compare(legacy, candidate, given.asked);
    expect(found, JSON.stringify(found)).toMatchObject({ outcome: outcomeOf(given) });
    expect(placesOf(found).toSorted()).toEqual([...(given.differences ?? placesOf(found))].toSorted());
    expect(found.outcome === 'undetermined' ? found.reason : undefined).toBe(given.undetermined);
    expect(comparer.compare(candidate, legacy, given.asked).outcome).toBe(found.outcome);
    for (const answer of [legacy, candidate]) {
      const copy = { ...answer, body: Buffer.concat([answer.body]) };
      expect(comparer.compare(answer, copy, given.asked)).toEqual({ outcome: 'equal' });
    }
  });
});

test('the corpus is as large as it is said to be', () => {
  const all = Object.values(corpus).flat();
  expect(all.length).toBeGreaterThanOrEqual(90);
  expect(new Set(all.map(({ name, type }) => `${type ?? ''} ${name}`)).size).toBe(all.length);
});
