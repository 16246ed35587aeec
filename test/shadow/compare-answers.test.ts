import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { maxDecodedBytes } from '../../shadow/decode-body.ts';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';

function comparer(rules: Partial<NormalizedCompareRules> = {}): AnswerComparer {
  return new AnswerComparer({ ...noCompareRules, ...rules }, testRedactor);
}

function answer(
  body: string | Uint8Array,
  headers: string[] = ['Content-Type', 'application/json'],
  status = 200,
): HttpAnswer {
  return { status, headers, body: Buffer.from(body) };
}

function letter(name: string, type = 'text/plain'): HttpAnswer {
  return answer(`<p>mail to ada@example.org</p><b>${name}</b>`, ['content-type', type]);
}

function markup(body: string): HttpAnswer {
  return answer(body, ['content-type', 'text/html']);
}

function shownUnder(redact: string[]): string {
  return JSON.stringify(comparer({ redact }).compare(letter('one', 'text/html'), letter('two', 'text/html')));
}

function redirect(location: string): HttpAnswer {
  return answer('', ['location', location], 302);
}

function image(last: number): HttpAnswer {
  return answer(Buffer.from([0xff, 0xd8, last]), ['content-type', 'image/jpeg']);
}

const text = '{"a":[1,2,3]}';

describe('content codings', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ])('%s is undone before bodies are compared', (coding, body) => {
    const coded = answer(body, ['content-type', 'application/json', 'Content-Encoding', coding]);
    expect(comparer().compare(coded, answer('{ "a": [1, 2, 3] }'))).toEqual({ outcome: 'equal' });
    expect(comparer().compare(coded, answer('{"a":[1,2,4]}'))).toMatchObject({ outcome: 'different' });
    expect(comparer().digest(coded)).toEqual(comparer().digest(answer(text)));
  });

  test('what unpacks beyond the limit, or does not unpack, is undetermined', () => {
    const coding = ['content-type', 'application/json', 'content-encoding', 'gzip'];
    const bomb = answer(gzipSync(Buffer.alloc(maxDecodedBytes + 1, 0x20)), coding);
    expect(comparer().compare(bomb, answer(text))).toEqual({ outcome: 'undetermined', reason: 'too-large' });
    expect(comparer().compare(answer('not gzip', coding), answer(text))).toEqual({
      outcome: 'undetermined',
      reason: 'undecodable',
    });
    expect(comparer().compare(answer(text), answer(text, ['content-encoding', 'zstd']))).toEqual({
      outcome: 'undetermined',
      reason: 'undecodable',
    });
  });
});

describe('status and headers', () => {
  test.each([401, 403, 404])('a candidate that answers 200 where legacy answers %d is critical', (status) => {
    const refused = answer('{}', undefined, status);
    expect(comparer().compare(refused, answer('{}'))).toMatchObject({
      critical: true,
      differences: [{ kind: 'status', path: 'status', legacy: String(status), candidate: '200', critical: true }],
    });
    expect(comparer().compare(answer('{}'), refused)).toMatchObject({ outcome: 'different', critical: false });
  });

  test.each([
    ['application/json', 'application/json; charset=utf-8'],
    ['Application/JSON;charset="UTF-8"', 'application/json'],
    ['text/html; charset=UTF8', 'text/html;charset=utf-8'],
  ])('%s means the same as %s', (a, b) => {
    expect(comparer().compare(answer('{}', ['content-type', a]), answer('{}', ['Content-Type', b]))).toEqual({
      outcome: 'equal',
    });
  });

  test('another media type, and a chosen header that is missing, are differences', () => {
    const html = answer('{}', ['content-type', 'text/html']);
    expect(comparer().compare(answer('{}'), html)).toMatchObject({
      differences: [{ kind: 'header', path: 'header content-type' }],
    });
    const rules = comparer({ headers: ['location'] });
    expect(rules.compare(answer('', ['Location', '/a']), answer(''))).toMatchObject({
      differences: [{ path: 'header location', legacy: '"/a"', candidate: undefined }],
    });
    expect(comparer().compare(answer('', ['date', 'a']), answer('', ['date', 'b']))).toEqual({ outcome: 'equal' });
  });
});

describe('bodies', () => {
  test('identical bytes are equal, also when they could not be read', () => {
    for (const body of ['{"a":1,"a":2}', '['.repeat(9_999), '{', '\u0000', '']) {
      expect(comparer().compare(answer(body), answer(body))).toEqual({ outcome: 'equal' });
    }
  });

  test('nesting beyond what is read is undetermined, never a match', () => {
    const [one, two] = ['1', '2'].map((inner) => answer('['.repeat(20_000) + inner + ']'.repeat(20_000)));
    expect(comparer().compare(one!, two!)).toEqual({ outcome: 'undetermined', reason: 'too-deep' });
  });

  test('a repeated key is compared with all its values', () => {
    expect(comparer().compare(answer('{"a":1}'), answer('{"a":2,"a":1}'))).toMatchObject({
      differences: [{ kind: 'type', at: '$.a', legacy: '1', candidate: 'repeated: 2,1' }],
    });
    expect(comparer().compare(answer('{"a":2,"a":1}'), answer('{"a":2, "a":1}'))).toEqual({ outcome: 'equal' });
  });

  test('a body that claims to be JSON and is not differs as a body', () => {
    expect(comparer().compare(answer('{"a":1}'), answer('{"a":1'))).toMatchObject({
      differences: [{ kind: 'body', path: 'body' }],
    });
    expect(comparer().compare(answer('{}'), answer(''))).toMatchObject({ differences: [{ kind: 'body' }] });
  });

  test('texts show where they part, without personal data', () => {
    const found = comparer().compare(letter('one'), letter('two'));
    expect(found).toMatchObject({ differences: [{ kind: 'body', legacy: expect.stringContaining('<b>one') }] });
    expect(JSON.stringify(found)).not.toContain('ada@');
    const strict = JSON.stringify(comparer({ redact: ['$.name'] }).compare(letter('one'), letter('two')));
    expect(strict).not.toContain('one');
    expect(strict).toContain('redacted:');
  });

  test('pages show the place and its texts, without personal data', () => {
    const found = comparer().compare(letter('ada@example.org', 'text/html'), letter('two', 'text/html'));
    expect(found).toMatchObject({
      differences: [{ kind: 'value', path: "$.b[*]['#text'][*]", at: "$.b[0]['#text'][0]", candidate: '"two"' }],
    });
    expect(JSON.stringify(found)).not.toContain('ada@');
  });

  test('redact rules that name nothing in a page hide all of it, and those that do hide what they name', () => {
    expect(shownUnder(['$.name'])).not.toContain('one');
    expect(shownUnder(['$.name'])).toContain("$.b[0]['#text'][0]");
    expect(shownUnder(['$.b'])).not.toContain('one');
    expect(shownUnder(['$.p'])).toContain('one');
  });

  test('bytes that are no text are compared as bytes', () => {
    expect(comparer().compare(image(1), image(1))).toEqual({ outcome: 'equal' });
    expect(comparer().compare(image(1), image(2))).toMatchObject({ differences: [{ kind: 'body' }] });
  });
});

describe('the digest of an answer', () => {
  test('is the same for answers that differ only in what is not compared', () => {
    const { digest } = bound(comparer({ ignore: ['$.at'], keyed: { '$.rows': 'id' } }));
    const first = answer('{"at":1,"rows":[{"id":1},{"id":2}]}');
    const second = answer('{"rows":[{"id":2},{"id":1.0}], "at":2}', [
      'content-type',
      'application/json;charset=utf-8',
      'date',
      'x',
    ]);
    expect(digest(first)).toEqual(digest(second));
    expect(digest(first)).not.toEqual(digest(answer('{"rows":[{"id":2},{"id":3}]}')));
    expect(digest(first)).not.toEqual(digest({ ...first, status: 201 }));
  });

  test('is that of the tree where a body has one', () => {
    const { digest } = bound(comparer({ ignore: ["$.p[0]['@data-built']"] }));
    expect(digest(markup('<p data-built=1 class="a b">x'))).toEqual(
      digest(markup('<p class="b a" data-built=2>x</p>')),
    );
    expect(digest(markup('<p>x'))).not.toEqual(digest(markup('<p>y')));
    expect(digest(markup('<b>x</b><p>y'))).not.toEqual(digest(markup('<p>y</p><b>x</b>')));
  });

  test('is the same for references that lead to the same place', () => {
    const asked = { target: '/a', headers: ['host', 'shop.example'] };
    const made = comparer({ headers: ['location'] });
    expect(made.digest(redirect('/b'), asked)).toEqual(made.digest(redirect('http://shop.example/b'), asked));
    expect(made.digest(redirect('/b'), asked)).not.toEqual(made.digest(redirect('/c'), asked));
    expect(made.digest(redirect('/b'))).not.toEqual(made.digest(redirect('http://shop.example/b')));
  });
});

function bound(made: AnswerComparer): { digest: (answer: HttpAnswer) => Buffer } {
  return { digest: (given) => made.digest(given) };
}

test('a rule that cannot be read is refused when the rules are compiled', () => {
  expect(() => comparer({ ignore: ['$..x'] })).toThrow(SyntaxError);
});
