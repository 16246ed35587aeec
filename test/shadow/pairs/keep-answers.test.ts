import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { createRedactor } from '../../../shadow/redact.ts';
import { keepAnswers } from '../../../shadow/pairs/keep-answers.ts';
import { keepRulesOf, type KeepRules } from '../../../shadow/pairs/keep-rules.ts';
import { keepQuestion } from '../../../shadow/pairs/keep-question.ts';
import { PairKeeper } from '../../../shadow/pairs/pair-keeper.ts';
import { storedComparer } from '../../../shadow/pairs/compare-stored.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import type { StoredPair } from '../../../src/store/stored-pair.ts';
import { noCompareRules } from '../arbitraries.ts';
import { jsonBody } from '../exchanges.ts';

const redactor = createRedactor(Buffer.from('key'));
const asked = { method: 'GET', target: '/orders/1', headers: ['Host', 'shop.example'] };
const rules: KeepRules = { redact: [], headers: ['content-type'] };

function json(value: unknown, status = 200): HttpAnswer {
  return { status, headers: ['Content-Type', 'application/json'], body: jsonBody(value) };
}

function of(type: string, text: string): HttpAnswer {
  return { status: 200, headers: ['Content-Type', type], body: Buffer.from(text) };
}

function removedOf(more: Partial<typeof asked>): unknown {
  return keepQuestion({ ...asked, ...more }, redactor).removed;
}

function kept(legacy: HttpAnswer, candidate: HttpAnswer, keep = rules): StoredPair {
  const question = keepQuestion(asked, redactor);
  return { question, ...keepAnswers({ legacy, candidate }, keep, redactor, asked) };
}

function textOf({ legacy }: StoredPair): string {
  if (legacy?.body.form !== 'tree') throw new Error('there is no tree');
  return legacy.body.text;
}

describe('a stored answer', () => {
  test('keeps readable only short numbers and times', () => {
    const pair = kept(
      json({
        name: 'Ada',
        city: 'London',
        total: 12.5,
        price: '9.90',
        at: '2026-01-01T10:00Z',
        day: '2026-01-01',
        id: 12345678,
      }),
      json({
        name: 'Ada',
        city: 'Paris',
        total: 13,
        price: '9.9',
        at: '2026-01-01T10:01Z',
        day: '2026-01-02',
        id: 12345678,
      }),
    );
    const readable = textOf(pair).replaceAll(/"<redacted:\w{12}>"/g, '#');
    expect(readable).toBe('{"name":#,"city":#,"total":12.5,"price":"9.90","at":"2026-01-01T10:00Z","day":#,"id":#}');
  });

  test('keeps nothing readable under a name that says it is secret', () => {
    const secret = { pin: 1234, phones: [{ number: 555 }], birthday: { year: 1815 }, passwordHint: '12.5', ok: 7 };
    const readable = textOf(kept(json(secret), json({}))).replaceAll(/"<redacted:\w{12}>"/g, '#');
    expect(readable).toBe('{"pin":#,"phones":[{"number":#}],"birthday":{"year":#},"passwordHint":#,"ok":7}');
  });

  test('has personal data redacted, by rule and by what it looks like, also in keys and headers', () => {
    const pair = kept(
      json({ customer: { born: 1815 }, note: 'mail ada@example.com', 'bob@example.com': 1, card: 4111111111111111 }),
      json({}),
      { redact: ['$.customer'], headers: ['x-who'] },
    );
    const whole = JSON.stringify(pair);
    for (const secret of ['1815', 'born', 'ada@', 'bob@', '4111111111111111']) expect(whole).not.toContain(secret);
    const other = kept(
      { ...json({}), headers: ['X-Who', 'ada@example.com'] },
      { ...json({}), headers: ['X-Who', 'ada'] },
      { redact: [], headers: ['x-who'] },
    );
    expect(JSON.stringify(other)).not.toContain('ada');
  });

  test('of a body without places is a hash and a size, of one that redact rules do not cover all hashes', () => {
    expect(kept(of('text/plain', 'Ada'), of('text/plain', 'Bob')).legacy?.body).toMatchObject({
      form: 'opaque',
      bytes: 3,
    });
    const page = kept(of('text/html', '<p class=x>Ada</p>'), of('text/html', '<p>Bob</p>'), {
      redact: ['$.name'],
      headers: [],
    });
    expect(JSON.stringify(page)).not.toMatch(/Ada|Bob|"x"/);
  });

  test('that is too large is not kept, and says so; one that cannot be decoded neither', () => {
    const wide = json(Array.from({ length: 200_000 }, () => 1));
    expect(kept(wide, json([])).legacy?.body.form).toBe('too-large');
    const large = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`key${i}`, i]));
    expect(kept(json(large), json({})).legacy?.body.form).toBe('too-large');
    expect(textOf(kept(json({ text: 'x'.repeat(70_000) }), json({})))).toMatch(/^{"text":"<redacted:\w+>"}$/);
    const broken = { ...json({}), headers: ['Content-Encoding', 'gzip'] };
    expect(kept(broken, json({})).legacy?.body.form).toBe('unreadable');
  });

  test('of 10,000 levels is kept without overflowing the stack', () => {
    const deep = Buffer.from(`${'['.repeat(9_990)}1${']'.repeat(9_990)}`);
    const pair = kept({ ...json({}), body: deep }, json([]));
    expect(textOf(pair)).toHaveLength(deep.length);
  });
});

describe('a stored question', () => {
  test('has no cookie, no credentials and no address, but what shapes the answer', () => {
    const headers = [
      'Cookie',
      'sid=1',
      'Authorization',
      'Bearer x',
      'X-Forwarded-For',
      '10.0.0.1',
      'Accept',
      'text/html',
    ];
    const stored = keepQuestion({ method: 'GET', target: '/a?page=2', headers }, redactor);
    expect(stored).toEqual({
      method: 'GET',
      target: '/a?page=2',
      headers: ['Accept', 'text/html'],
      removed: [],
      hadCredentials: true,
    });
  });

  test('says that personal data was removed, from its target or a header, and that its body is not kept', () => {
    expect(removedOf({ target: '/orders?email=ada@example.com' })).toEqual(['personal-data']);
    expect(removedOf({ target: '/customers/ada@example.com' })).toEqual(['personal-data']);
    expect(removedOf({ headers: ['Accept-Language', 'ada@example.com'] })).toEqual(['personal-data']);
    expect(removedOf({ method: 'POST' })).toEqual(['body']);
    expect(removedOf({ method: 'HEAD' })).toEqual([]);
    expect(removedOf({})).toEqual([]);
  });
});

describe('comparing stored answers', () => {
  const compare = storedComparer(noCompareRules, 'GET /orders/:id', redactor);

  test('finds what differed, at its place, and nothing where answers are equal', () => {
    expect(compare(kept(json({ a: 'x', b: [1, 2] }), json({ a: 'x', b: [1, 3] }))).differences).toMatchObject([
      { kind: 'value', path: '$.b[*]', at: '$.b[1]', legacy: '2', candidate: '3' },
    ]);
    expect(compare(kept(json({ a: 'x' }), json({ a: 'x' })))).toEqual({ differences: [], unsure: [] });
    expect(compare(kept(json({}), json({}, 404))).differences).toMatchObject([{ kind: 'status' }]);
    expect(compare(kept(of('text/plain', 'a'), of('text/plain', 'b'))).differences).toMatchObject([{ path: 'body' }]);
    expect(compare(kept(json({}), of('text/html', '<p>{}</p>'))).differences).toMatchObject([
      { path: 'header content-type' },
      { path: 'body' },
    ]);
  });

  test('equal hashes are equal values, and one that a tolerance is asked of decides nothing', () => {
    const pair = kept(json({ secret: 10, other: 'same' }), json({ secret: 10.004, other: 'same' }), {
      redact: ['$.secret'],
      headers: [],
    });
    expect(compare(pair).differences).toMatchObject([{ path: '$.secret' }]);
    const tolerant = storedComparer(
      { ...noCompareRules, headers: [], redact: ['$.secret'], tolerance: { '$.secret': 0.01 } },
      'GET /',
      redactor,
    );
    expect(tolerant(pair)).toEqual({ differences: [], unsure: [{ path: '$.secret', reason: 'redacted' }] });
    const elsewhere = storedComparer({ ...noCompareRules, tolerance: { '$.total': 0.01 } }, 'GET /', redactor);
    expect(elsewhere(pair).differences).toMatchObject([{ path: '$.secret' }]);
  });

  test('a tolerance passes what is kept readable, and an ignored place says nothing', () => {
    const pair = kept(json({ total: 10, at: 'a' }), json({ total: 10.004, at: 'b' }));
    const tolerant = { ...noCompareRules, tolerance: { '$.total': 0.01 }, ignore: ['$.at'] };
    expect(storedComparer(tolerant, 'GET /', redactor)(pair)).toEqual({ differences: [], unsure: [] });
  });

  test('a rule for an array does not put in doubt what differs in its rows', () => {
    const pair = kept(json({ rows: [{ id: 1, name: 'Ada' }] }), json({ rows: [{ id: 1, name: 'Bob' }] }));
    const keyed = storedComparer({ ...noCompareRules, keyed: { '$.rows': 'id' } }, 'GET /', redactor);
    expect(keyed(pair)).toMatchObject({ differences: [{ path: '$.rows[*].name' }], unsure: [] });
  });

  test('a value that a rule moves is compared by its hash, at either place, and hidden at both', () => {
    const moved = { ...noCompareRules, map: { '$.customer_name': '$.customer.name' }, redact: ['$.customer_name'] };
    const keep = keepRulesOf(moved, 'GET /');
    const compareMoved = storedComparer(moved, 'GET /', redactor);
    const same = kept(json({ customer_name: 'Ada', n: 1 }), json({ customer: { name: 'Ada' }, n: 2 }), keep);
    expect(JSON.stringify(same)).not.toContain('Ada');
    expect(compareMoved(same)).toMatchObject({ differences: [{ path: '$.n' }], unsure: [] });
    const other = kept(json({ customer_name: 'Ada' }), json({ customer: { name: 'Bob' } }), keep);
    expect(compareMoved(other)).toMatchObject({
      differences: [{ path: '$.customer.name', kind: 'value' }],
      unsure: [],
    });
  });

  test('of a value that would be moved out of what is one hash nothing is said', () => {
    const moved = { ...noCompareRules, map: { '$.customer.name': '$.name' }, redact: ['$.customer'] };
    const keep = keepRulesOf(moved, 'GET /');
    const pair = kept(json({ customer: { name: 'Ada' }, n: 1 }), json({ name: 'Ada', n: 2 }), keep);
    expect(JSON.stringify(pair)).not.toContain('Ada');
    const { differences, unsure } = storedComparer(moved, 'GET /', redactor)(pair);
    expect(differences).toMatchObject([{ path: '$.n' }]);
    expect(unsure.map(({ path, reason }) => `${path} ${reason}`).toSorted()).toEqual([
      '$.customer redacted',
      '$.name redacted',
    ]);
  });

  test('rows that only moved agree once they are keyed', () => {
    const pair = kept(
      json([
        { id: 'a', n: 1 },
        { id: 'b', n: 2 },
      ]),
      json([
        { id: 'b', n: 2 },
        { id: 'a', n: 1 },
      ]),
    );
    expect(compare(pair).differences).toMatchObject([{ kind: 'order' }]);
    const keyed = storedComparer({ ...noCompareRules, keyed: { $: 'id' } }, 'GET /', redactor);
    expect(keyed(pair).differences).toEqual([]);
  });

  test('a key that was personal is grouped as what it was', () => {
    const pair = kept(json({ 'ada@example.com': 1 }), json({ 'ada@example.com': 2 }));
    expect(compare(pair).differences).toMatchObject([{ path: '$.*' }]);
  });

  test('a header that was not kept, and a body that was not, leave it open', () => {
    const pair = kept(json({}), json({}));
    const more = storedComparer({ ...noCompareRules, headers: ['etag'] }, 'GET /', redactor);
    expect(more(pair).unsure).toEqual([{ path: 'header etag', reason: 'header-not-kept' }]);
    expect(compare({ ...pair, candidate: undefined }).unsure).toEqual([{ path: undefined, reason: 'no-answer' }]);
  });

  test('agrees with the comparison of the answers themselves', () => {
    const value = jsonValue({ maxDepth: 3 });
    const whole = new AnswerComparer(noCompareRules, redactor);
    assert(
      property(value, value, (a, b) => {
        const before = whole.compare(json(a), json(b));
        const { differences, unsure } = compare(kept(json(a), json(b)));
        expect(unsure).toEqual([]);
        const paths = before.outcome === 'different' ? before.differences.map(({ at }) => at) : [];
        expect(differences.map(({ at }) => at)).toEqual(paths);
      }),
    );
  });
});

test('answers are held only up to a bound, and what is let go is not kept', () => {
  const keeper = new PairKeeper(10_000);
  const body = Buffer.from(JSON.stringify('x'.repeat(3_000)));
  const hold = (): ReturnType<PairKeeper['hold']> =>
    keeper.hold({ question: asked, legacy: { ...json(0), body }, candidate: json(1) }, rules, redactor);
  const [first, second] = [hold(), hold()];
  const early = second.take();
  hold();
  expect(first.take()).toBeUndefined();
  hold();
  expect(early?.candidate?.status).toBe(200);
  expect(second.take()).toBe(early);
});
