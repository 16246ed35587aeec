import * as fc from 'fast-check';
import { parse } from 'graphql/language/parser.js';
import { print } from 'graphql/language/printer.js';
import { expect, test } from 'vitest';
import { operationInBody } from '../../../proxy/graphql/operation-in-body.ts';

const read = (body: unknown) => operationInBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const refused = (reason: string) => ({ kind: 'refused', reason });
const orders = 'query Orders { orders { id } }';
const both = `${orders} mutation Pay { pay }`;

test.each([
  ['it is the only operation', { query: orders }, 'Orders'],
  ['it is asked for by name', { query: both, operationName: 'Orders' }, 'Orders'],
  ['the name is null', { query: orders, operationName: null, variables: null, extensions: null }, 'Orders'],
  [
    'the name is spelled with escapes',
    String.raw`{"\u0071uery":"query \u004frders{a}","operationName":"\u004frders"}`,
    'Orders',
  ],
  ['a text holds what looks like a mutation', { query: 'query Orders { a(b: "} mutation Pay {") }' }, 'Orders'],
  ['a comment holds what looks like a mutation', { query: 'query Orders { a } # mutation Pay { pay }' }, 'Orders'],
  [
    'it has fragments, directives and variables',
    { query: 'query Orders($a: Int = 1) @x { ...F } fragment F on Q { a }' },
    'Orders',
  ],
  ['a block of text holds no quote', { query: 'query Orders { a(b: ["""x\n  } mutation Pay { pay }"""]) }' }, 'Orders'],
  ['extensions are not about the document', { query: orders, extensions: { client: 'web' } }, 'Orders'],
  ['it has no name', { query: '{ orders { id } }' }, undefined],
  ['variables hold one name twice', `{"query":"${orders}","variables":{"a":1,"a":2}}`, 'Orders'],
  [
    'variables hold members of the same names',
    { query: orders, variables: { query: 'mutation Pay { pay }' } },
    'Orders',
  ],
])('when %s, a query is found', (_, body, name) => {
  expect(read(body)).toEqual({ kind: 'query', name });
});

test.each([
  ['a mutation', { query: 'mutation Orders { pay }' }, 'graphql-not-a-query'],
  ['a subscription', { query: 'subscription Orders { paid }' }, 'graphql-not-a-query'],
  ['the mutation of a document with both', { query: both, operationName: 'Pay' }, 'graphql-not-a-query'],
  ['a batch', [{ query: orders }], 'graphql-batch'],
  ['a hash in place of a document', { extensions: { persistedQuery: { sha256Hash: 'x' } } }, 'graphql-persisted'],
  ['an id in place of a document', { id: 'Orders', operationName: 'Orders' }, 'graphql-persisted'],
  ['a hash beside a document', { query: orders, extensions: { persistedQuery: {} } }, 'graphql-persisted'],
  ['a hash in another case', { query: orders, extensions: { PersistedQuery: {} } }, 'graphql-persisted'],
  ['an id beside a document', { query: orders, id: '1' }, 'graphql-ambiguous'],
  ['another case of a member', `{"query":"${orders}","Query":"mutation Pay { pay }"}`, 'graphql-ambiguous'],
  ['a member twice', `{"query":"mutation Pay{a}","query":"${orders}"}`, 'graphql-ambiguous'],
  ['a member twice, once with escapes', String.raw`{"query":"{a}","q\u0075ery":"mutation{a}"}`, 'graphql-ambiguous'],
  [
    'two names for the operation',
    `{"query":"${both}","operationName":"Orders","operationName":"Pay"}`,
    'graphql-ambiguous',
  ],
  ['an empty name', { query: orders, operationName: '' }, 'graphql-ambiguous'],
  ['a name that is no text', { query: orders, operationName: ['Orders'] }, 'graphql-ambiguous'],
  ['several operations and no name', { query: both }, 'graphql-ambiguous'],
  ['two operations of one name', { query: `${orders} ${orders}`, operationName: 'Orders' }, 'graphql-ambiguous'],
  ['one without a name among others', { query: `{ a } ${orders}`, operationName: 'Orders' }, 'graphql-ambiguous'],
  ['a line end that is none to some', { query: `# \u2028 mutation A { a }\n${orders}` }, 'graphql-ambiguous'],
  ['a carriage return by itself', { query: `# \r mutation A { a }\n${orders}` }, 'graphql-ambiguous'],
  ['half a character', String.raw`{"query":"query Orders { a(b: \"\ud800\") }"}`, 'graphql-ambiguous'],
  [
    'a block of text that ends elsewhere for who does not know of blocks',
    {
      query: 'query X { a(b: [""" " """]) } query Orders { b } #"]) } mutation Orders { pay }',
      operationName: 'Orders',
    },
    'graphql-ambiguous',
  ],
  ['extensions as text', { query: orders, extensions: '{"persistedQuery":{}}' }, 'graphql-ambiguous'],
  ['extensions as a list', { query: orders, extensions: [{ persistedQuery: {} }] }, 'graphql-ambiguous'],
  ['variables as text', { query: orders, variables: '{"a":1}' }, 'graphql-ambiguous'],
  ['variables as a list', { query: orders, variables: [1] }, 'graphql-ambiguous'],
  ['a byte order mark in the document', { query: `\ufeff${orders}` }, 'graphql-ambiguous'],
  ['a byte order mark', `\ufeff{"query":"${orders}"}`, 'graphql-invalid'],
  ['a name that the document has not', { query: orders, operationName: 'Others' }, 'graphql-invalid'],
  ['a name in another case', { query: orders, operationName: 'orders' }, 'graphql-invalid'],
  ['a name for an operation without one', { query: '{ a }', operationName: 'Orders' }, 'graphql-invalid'],
  ['a document that cannot be read', { query: 'query Orders { ' }, 'graphql-invalid'],
  ['a schema', { query: `${orders} type A { a: Int }` }, 'graphql-invalid'],
  ['fragments only', { query: 'fragment F on Q { a }' }, 'graphql-invalid'],
  ['an empty document', { query: '' }, 'graphql-invalid'],
  ['a document that is no text', { query: { orders: true } }, 'graphql-invalid'],
  ['nothing', {}, 'graphql-invalid'],
  ['a text', '"query"', 'graphql-invalid'],
  ['null', 'null', 'graphql-invalid'],
  ['no JSON', `{query:"${orders}"}`, 'graphql-invalid'],
  ['data behind it', `{"query":"${orders}"}{}`, 'graphql-invalid'],
])('%s is refused', (_, body, reason) => {
  expect(read(body)).toEqual(refused(reason));
});

test('bytes that are no UTF-8 are refused', () => {
  const body = Buffer.concat([Buffer.from(`{"query":"${orders} #`), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]);
  expect(operationInBody(body)).toEqual(refused('graphql-invalid'));
  expect(operationInBody(Buffer.from(JSON.stringify({ query: orders }), 'utf16le'))).toEqual(
    refused('graphql-invalid'),
  );
});

const many = 100_000;
test.each([
  ['selections', { query: `query Orders ${'{a'.repeat(many)}${'}'.repeat(many)}` }],
  ['selections within the length', { query: `query Orders ${'{a'.repeat(1_000)}${'}'.repeat(1_000)}` }],
  ['lists', { query: `query Orders { a(b: ${'['.repeat(1_000)}${']'.repeat(1_000)}) }` }],
  ['types', { query: `query Orders($a: ${'['.repeat(1_000)}Int${']'.repeat(1_000)}) { a }` }],
  ['fields', { query: `query Orders { ${'a '.repeat(10_000)} }` }],
  ['comments', { query: `${'#\n'.repeat(many)} ${orders}` }],
])('too many %s are refused before they cost anything', (_, body) => {
  expect(read(body)).toEqual(refused('graphql-too-complex'));
});

test('depth and number of what is not looked into do not matter', () => {
  const deep = `${'['.repeat(many)}${']'.repeat(many)}`;
  expect(read(`{"query":"${orders}","variables":{"a":${deep}}}`)).toEqual({ kind: 'query', name: 'Orders' });
  expect(read(`{"variables":${'{"a":'.repeat(many)}1${'}'.repeat(many)},"query":"${orders}"}`)).toEqual({
    kind: 'query',
    name: 'Orders',
  });
  expect(read(`{"query":"${orders}","variables":${'['.repeat(many)}}`)).toEqual(refused('graphql-invalid'));
});

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r\n'), maxLength: 3 });
const ignored = fc.oneof(space, fc.constant(','), fc.constant('# mutation Pay { pay }\n'));
const documents = [
  'query Orders($first: Int = 2) { orders(first: $first, note: "a { b") { id ...F } } fragment F on Order { total }',
  'query Other { a } query Orders { orders(in: [1, 2]) @skip(if: false) { id } } mutation Pay { pay(a: {b: 1}) }',
];

/** Any spelling that is the same to every JSON parser. */
function spelled(text: string, isEscaped: readonly boolean[]): string {
  const signs = [
    ...JSON.stringify(text)
      .slice(1, -1)
      .matchAll(/\\.|[^\\]/g),
  ].map(([sign]) => sign);
  const written = signs.map((sign, i) =>
    sign.length === 1 && isEscaped[i % isEscaped.length]
      ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
      : sign,
  );
  return `"${written.join('')}"`;
}

test('any spelling of the same document asks for the same operation', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...documents),
      fc.array(ignored, { minLength: 1, maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
      space,
      fc.shuffledSubarray(['query', 'operationName', 'variables', 'extensions'], { minLength: 4 }),
      (document, between, isEscaped, gap, order) => {
        let at = 0;
        // Between two tokens anything may stand that is ignored; texts are left as they are.
        const respelled = print(parse(document)).replaceAll(/"[^"]*"|\s+/g, (part) =>
          part.startsWith('"') ? part : ` ${between[(at += 1) % between.length]!} `,
        );
        const values: Readonly<Record<string, string>> = {
          query: spelled(respelled, isEscaped),
          operationName: spelled('Orders', isEscaped),
          variables: '{"query":"mutation Pay { pay }"}',
          extensions: 'null',
        };
        const members = order.map((name) => `${gap}${spelled(name, isEscaped)}${gap}:${gap}${values[name]}${gap}`);
        expect(read(`${gap}{${members.join(',')}}${gap}`)).toEqual({ kind: 'query', name: 'Orders' });
      },
    ),
  );
});

test('whatever the bytes are, an operation is found or refused, and nothing is thrown', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    '"',
    '\\',
    ':',
    ',',
    'query',
    '"query"',
    ' Orders',
    '\\u0000',
    '1',
    'null',
    '#',
  );
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: pieces, maxLength: 40 }).map((text) => Buffer.from(text)),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    fc.string({ unit: pieces, maxLength: 40 }).map((query) => Buffer.from(JSON.stringify({ query }))),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      expect(['query', 'refused']).toContain(operationInBody(body).kind);
    }),
  );
});
