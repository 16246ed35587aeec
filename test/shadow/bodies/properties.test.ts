import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerComparer, type Comparison } from '../../../shadow/compare-answers.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';

const types = [
  'text/html',
  'application/xml',
  'text/csv',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'text/plain',
];

function compare(type: string, legacy: string | Uint8Array, candidate: string | Uint8Array): Comparison {
  // A comparer of its own, because one remembers what it has read of an answer.
  const comparer = new AnswerComparer({ ...noCompareRules, headers: [] }, testRedactor);
  return comparer.compare(answer(type, legacy), answer(type, candidate));
}

function placesOf(found: Comparison): string[] {
  return found.outcome === 'different' ? found.differences.map(({ kind, at }) => `${kind} ${at}`) : [];
}

function answer(type: string, body: string | Uint8Array): HttpAnswer {
  return { status: 200, headers: ['content-type', type], body: Buffer.from(body as string) };
}

/** Pieces of which the parsers know more than of random bytes. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '</',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '<?x',
        '?>',
        '<!DOCTYPE',
        '&',
        '&amp;',
        '&#0;',
      ),
      fc.constantFrom(
        '<p>',
        '</p>',
        '<table>',
        '<td>',
        '<b>',
        '</b>',
        '<template>',
        '<svg>',
        '<math>',
        '<select>',
        '<pre>',
      ),
      fc.constantFrom(
        '"',
        "'",
        '=',
        ' ',
        '\n',
        '\r\n',
        ',',
        ';',
        '""',
        '%',
        '%FF',
        '+',
        '--b',
        '--b--',
        ': ',
        '\u0000',
      ),
      fc.string({ maxLength: 4, unit: 'binary' }),
    ),
    { maxLength: 40 },
  )
  .map((all) => all.join(''));

describe.each(types)('%s', (type) => {
  test('whatever the bytes are, they are read or not, without an error, and alike whichever side they are on', () => {
    const bodies = fc.oneof(pieces, fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(bodies, bodies, (one, other) => {
        const outcome = compare(type, one, other).outcome;
        expect(['equal', 'different']).toContain(outcome);
        expect(compare(type, other, one).outcome).toBe(outcome);
      }),
      { numRuns: 300 },
    );
  });

  test('whatever the bytes are, they are equal to themselves, also when they are read', () => {
    const bodies = fc.oneof(pieces, fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(bodies, (body) => {
        const comparer = new AnswerComparer({ ...noCompareRules, headers: [] }, testRedactor);
        const packed = { ...answer(type, gzipSync(Buffer.from(body as string))) };
        const coded = { ...packed, headers: [...packed.headers, 'content-encoding', 'gzip'] };
        expect(comparer.compare(answer(type, body), coded)).toEqual({ outcome: 'equal' });
        expect(comparer.digest(answer(type, body))).toEqual(comparer.digest(coded));
      }),
      { numRuns: 100 },
    );
  });
});

/** Texts that survive the white space rules of every type. */
const words = fc.stringMatching(/^[a-z\u00e9<&"';]{1,8}$/);
const tags = fc.constantFrom('p', 'b', 'div', 'h2', 'li', 'em');
const items = fc.array(fc.record({ tag: tags, text: words, id: words }), { minLength: 1, maxLength: 12 });
type Item = { tag: string; text: string; id: string };

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

const elements = (all: readonly Item[]): string =>
  all.map(({ tag, text, id }) => `<${tag} id="${escaped(id)}">${escaped(text)}</${tag}>`).join('');

const placeOfElement = (all: readonly Item[], at: number): string => {
  const { tag } = all[at]!;
  return `${tag}[${all.slice(0, at).filter((item) => item.tag === tag).length}]['#text'][0]`;
};

const written: {
  type: string;
  write: (all: readonly Item[]) => string;
  place: (all: readonly Item[], at: number) => string;
}[] = [
  {
    type: 'text/html',
    write: (all) => `<!doctype html><title>t</title><body>${elements(all)}`,
    place: (all, at) => `$.html.body.${placeOfElement(all, at)}`,
  },
  { type: 'text/xml', write: (all) => `<r>${elements(all)}</r>`, place: (all, at) => `$.r.${placeOfElement(all, at)}` },
  {
    type: 'text/csv',
    write: (all) => ['id,text', ...all.map(({ id, text }) => `${quoted(id)},${quoted(text)}`)].join('\n'),
    place: (_, at) => `$.rows[${at}].text`,
  },
  {
    type: 'application/x-www-form-urlencoded',
    write: (all) => all.map(({ text }) => `a=${encodeURIComponent(text)}`).join('&'),
    place: (_, at) => `$.a[${at}]`,
  },
];

test.each(written)(
  'any text that is changed in $type is found, at its place, and it alone',
  ({ type, write, place }) => {
    fc.assert(
      fc.property(items, fc.nat(), words, (all, seed, word) => {
        const at = seed % all.length;
        const changed = all.map((item, index) => (index === at ? { ...item, text: word } : item));
        const found = compare(type, write(all), write(changed));
        expect(placesOf(found)).toEqual(word === all[at]!.text ? [] : [`value ${place(all, at)}`]);
      }),
    );
  },
);

test.each(written.slice(0, 2))('an element of $type that is taken out is missed', ({ type, write }) => {
  fc.assert(
    fc.property(items, fc.nat(), (all, seed) => {
      const at = seed % all.length;
      expect(compare(type, write(all), write(all.filter((_, index) => index !== at))).outcome).toBe('different');
    }),
  );
});

test.each(written.slice(0, 2))(
  'two elements of $type that change places are found unless they are alike',
  ({ type, write }) => {
    fc.assert(
      fc.property(items, fc.nat(), (all, seed) => {
        const at = seed % all.length;
        const [left, right] = [all[at]!, all[at + 1] ?? all[at]!];
        const swapped = all.map((item, index) => (index === at ? right : index === at + 1 ? left : item));
        const isAlike = left.tag === right.tag && left.text === right.text && left.id === right.id;
        expect(compare(type, write(all), write(swapped)).outcome).toBe(isAlike ? 'equal' : 'different');
      }),
    );
  },
);

test.each(written.slice(0, 2))(
  'layout, comments and the order of attributes say nothing in $type',
  ({ type, write }) => {
    fc.assert(
      fc.property(items, (all) => {
        const blocks = all.map((item) => ({ ...item, tag: 'p' }));
        const text = write(blocks);
        const laidOut = text.replaceAll('</p><p', '</p>\n<!-- x -->\n  <p').replaceAll('<p ', '<p lang="en" ');
        expect(compare(type, laidOut, text.replaceAll(/<p (id="[^"]*")/g, "<p $1 lang='en'"))).toEqual({
          outcome: 'equal',
        });
      }),
    );
  },
);
