import { expect, test } from 'vitest';
import type { CompareRules } from '../../src/config/compare-rules.ts';
import { allRules, redactedPaths, rulesOfRoute } from '../../src/config/rule-list.ts';
import type { NormalizedFeature } from '../../src/config/normalized-config.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const routes = ['GET /orders', { route: 'GET /orders/:id', query: { full: 'yes' } }, 'GET /orders/:id'];

function featureOf(compare: unknown): NormalizedFeature {
  const feature = { name: 'orders', candidate: 'http://127.0.0.1:2', routes, compare };
  return normalizeConfig({ legacy: { url: 'http://127.0.0.1:1' }, features: [feature] }, 'fig.config.ts').features[0]!;
}

const fingerprintOf = (compare: CompareRules): string => featureOf(compare).fingerprint;
const idsOf = (compare: CompareRules, route?: string): string[] =>
  rulesOfRoute(featureOf(compare).compare, route).rules.map(({ id }) => id);

test('the short forms of rules are what they were', () => {
  const { compare } = featureOf({ ignore: ['$.at'], keyed: { '$.items': 'id' }, tolerance: { '$.total': 0.005 } });
  expect(allRules(compare)).toMatchObject([
    { id: 'ignore $.at', kind: 'ignore', path: '$.at', maxHidden: 1, expiresAt: undefined },
    { kind: 'keyed', path: '$.items', by: ['id'] },
    { kind: 'tolerance', path: '$.total', tolerance: { absolute: 0.005 } },
  ]);
  expect(compare.headers).toEqual(['content-type']);
  expect(allRules(featureOf(undefined).compare)).toEqual([]);
});

test('every kind of rule may say why it is there, until when, and how much it may hide', () => {
  const notes = { because: 'random', expires: '2026-12-31', maxHidden: 0.05 };
  const { compare } = featureOf({
    ignore: [{ path: '$.etag', ...notes }],
    keyed: { '$.lines': { by: ['order', 'position'], ...notes } },
    unordered: [{ path: '$.tags', ...notes }],
    tolerance: { '$.at': { time: '500ms', ...notes }, '$.n': { absolute: 1, relative: 0.1, case: true, ...notes } },
    format: { '$.price': { as: 'decimal', ...notes } },
    map: { '$.a': { to: '$.b', ...notes } },
    owner: [{ path: '$.rows[*].customer', ...notes }],
  });
  const rules = allRules(compare);
  expect(rules.map(({ kind }) => kind)).toEqual([
    'owner',
    'ignore',
    'keyed',
    'unordered',
    'tolerance',
    'tolerance',
    'format',
    'map',
  ]);
  for (const rule of rules) {
    expect(rule).toMatchObject({ because: 'random', maxHidden: 0.05, expires: '2026-12-31' });
    expect(rule.expiresAt).toBe(Date.UTC(2027, 0, 1));
  }
  expect(rules[4]).toMatchObject({ tolerance: { timeMs: 500 } });
  expect(rules[5]).toMatchObject({ tolerance: { absolute: 1, relative: 0.1, ignoresCase: true } });
});

test('a rule with a time of the day expires then', () => {
  const { compare } = featureOf({ ignore: [{ path: '$.a', expires: '2026-12-31T18:00:00+01:00' }] });
  expect(allRules(compare)[0]!.expiresAt).toBe(Date.UTC(2026, 11, 31, 17));
});

test('the rules of a route come on top, and take the place of those of the same kind and path', () => {
  const compare: CompareRules = {
    ignore: ['$.at'],
    tolerance: { '$.n': 1 },
    headers: ['ETag'],
    routes: {
      'GET /orders': { ignore: ['$.page'], tolerance: { '$.n': 2 }, headers: ['Vary'] },
      'GET /orders/:id [?full=yes]': { ignore: ['$.full'] },
      'GET /orders/:id': { ignore: ['$.id'] },
    },
  };
  expect(idsOf(compare)).toEqual(['ignore $.at', 'tolerance $.n']);
  expect(idsOf(compare, 'GET /orders')).toEqual(['ignore $.at', 'tolerance $.n', 'ignore $.page']);
  const { rules, headers } = rulesOfRoute(featureOf(compare).compare, 'GET /orders');
  expect(rules[1]).toMatchObject({ tolerance: { absolute: 2 }, route: 'GET /orders' });
  expect(headers).toEqual(['etag', 'vary']);
  // Method and path alone are the name of all routes that have them.
  expect(idsOf(compare, 'GET /orders/:id [?full=yes]').slice(2)).toEqual(['ignore $.full', 'ignore $.id']);
  expect(idsOf(compare, 'GET /orders/:id').slice(2)).toEqual(['ignore $.id']);
});

test('what is personal on any route is personal in questions too', () => {
  const { compare } = featureOf({ redact: ['$.a'], routes: { 'GET /orders': { redact: ['$.b'] } } });
  expect(redactedPaths(compare)).toEqual(['$.a', '$.b']);
});

test('evidence begins anew when a rule does something else, and not when it says something else of itself', () => {
  const plain = fingerprintOf({ ignore: ['$.a'], keyed: { '$.b': 'id' }, tolerance: { '$.c': 1 } });
  const told = { because: 'random', expires: '2026-12-31', maxHidden: 0.5 };
  const explained = fingerprintOf({
    ignore: [{ path: '$.a', ...told }],
    keyed: { '$.b': { by: ['id'], ...told } },
    tolerance: { '$.c': { absolute: 1, ...told } },
  });
  expect(explained).toBe(plain);
  expect(fingerprintOf({ ignore: ['$.x'], keyed: { '$.b': 'id' }, tolerance: { '$.c': 1 } })).not.toBe(plain);
  for (const [one, other] of [
    [{ routes: { 'GET /orders': { ignore: ['$.a'] } } }, { routes: { 'GET /orders/:id': { ignore: ['$.a'] } } }],
    [{ keyed: { $: { by: ['a', 'b'] } } }, { keyed: { $: { by: ['b', 'a'] } } }],
    [{ tolerance: { $: { relative: 0.1 } } }, { tolerance: { $: { absolute: 0.1 } } }],
    [{ format: { $: 'decimal' } }, { format: { $: 'timestamp' } }],
    [{ map: { '$.a': '$.b' } }, { map: { '$.a': '$.c' } }],
    [{ unordered: ['$'] }, { owner: ['$'] }],
  ] as const satisfies [CompareRules, CompareRules][]) {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  }
});

test('what no rule had before these kinds of rules has the fingerprint that it had', () => {
  // Evidence goes on to count that an earlier fig gathered by the same way to compare; see comparisonVersion.
  expect(fingerprintOf({ ignore: ['$.at'], keyed: { '$.items': 'id' }, tolerance: { '$.total': 0.005 } })).toBe(
    'd07613c46fe16712',
  );
});

test.each([
  [{ tolerence: { '$.a': 1 } }, /features\.0\.compare: unknown: "tolerence" \(did you mean "tolerance"\?\)/],
  [{ ingore: ['$.a'] }, /"ingore" \(did you mean "ignore"\?\)/],
  [{ zebra: 1 }, /unknown: "zebra"; there is: ignore/],
  [{ ignore: [{ path: '$.a', becuase: 'x' }] }, /compare\.ignore\.0: unknown: "becuase" \(did you mean "because"\?\)/],
  [{ ignore: [{ path: '$.a', because: ' ' }] }, /compare\.ignore\.0\.because: a reason, or leave it out/],
  [{ ignore: ['items'] }, /compare\.ignore\.0: a path that starts with \$/],
  [{ ignore: ['$.items[a]'] }, /compare\.ignore\.0: cannot read "\[a\]" in the path \$\.items\[a\]/],
  [{ keyed: { '$.items[': 'id' } }, /compare\.keyed\.\$\.items\[: cannot read/],
  [{ keyed: { $: { by: [] } } }, /compare\.keyed\.\$\.by: at least one name/],
  [{ tolerance: { '$.a': -1 } }, /compare\.tolerance\.\$\.a: a number of 0 or more/],
  [{ tolerance: { '$.a': { time: '2 seconds' } } }, /tolerance\.\$\.a\.time: a time such as "500ms"/],
  [{ tolerance: { '$.a': { relative: 1 } } }, /relative: a share above 0 and below 1/],
  [{ tolerance: { '$.a': { because: 'x' } } }, /tolerance\.\$\.a: absolute, relative, time or case/],
  [{ tolerance: { '$.a': { case: false } } }, /case: true, or leave it out/],
  [{ format: { '$.a': 'timestmap' } }, /format\.\$\.a: timestamp or decimal \(did you mean "timestamp"\?\)/],
  [{ ignore: [{ path: '$.a', expires: '2026-02-30' }] }, /ignore\.0\.expires: a day such as "2026-12-31"/],
  [{ ignore: [{ path: '$.a', expires: '2026-12-31T18:00:00' }] }, /expires: a day such as/],
  [{ ignore: [{ path: '$.a', maxHidden: 5 }] }, /maxHidden: a share from 0 to 1/],
  [
    { routes: { 'GET /order': {} } },
    /compare\.routes\.GET \/order: the feature has no such route \(did you mean "GET \/orders"\?\)/,
  ],
  [{ routes: { 'GET /orders': { tolerence: {} } } }, /compare\.routes\.GET \/orders: unknown: "tolerence"/],
  [{ routes: { 'GET /orders': { routes: {} } } }, /unknown: "routes"/],
  [{ ignore: ['$.a'], critical: ["$['a']"] }, /orders: compare\.ignore: \$\.a is under ignore and under critical/],
  [{ keyed: { $: 'id' }, unordered: ['$'] }, /compare\.keyed: \$ is under keyed and under unordered/],
  [
    { ignore: ['$.a'], routes: { 'GET /orders': { critical: ['$.a'] } } },
    /compare\.routes\.GET \/orders\.critical: .* under ignore/,
  ],
  [
    { ignore: ['$.items[*].price'], critical: ['$.items[0].price'] },
    /compare\.ignore: \$\.items\[\*\]\.price is under ignore, which is also \$\.items\[0\]\.price under critical: a place that is not compared cannot be critical/,
  ],
  [
    { ignore: ['$.items'], critical: ['$.items[*].price'] },
    /\$\.items is under ignore, which holds \$\.items\[\*\]\.price under critical/,
  ],
  [
    { critical: ['$.rows[0].price'], routes: { 'GET /orders': { ignore: ['$.*[*].price'] } } },
    /compare\.routes\.GET \/orders\.ignore: .* under critical/,
  ],
  [
    { keyed: { '$.*.tags': 'id' }, unordered: ['$.rows.*'] },
    /\$\.\*\.tags is under keyed, .* \$\.rows\.\* under unordered/,
  ],
  [{ ignore: ['$.a', { path: '$.a', because: 'x' }] }, /compare\.ignore: \$\.a has such a rule already/],
  [{ map: { '$.a[*].b': '$.c[*].b' } }, /compare\.map\.\$\.a\[\*\]\.b: up to its last \[\*\]/],
  [{ map: { '$.a': '$.a.b' } }, /compare\.map\.\$\.a: one place cannot hold the other/],
  [{ map: { '$.a': "$['a']" } }, /both are the same place/],
])('%j is refused', (compare, message) => {
  expect(() => featureOf(compare)).toThrow(message);
});

test.each<[CompareRules]>([
  [{ critical: ['$.items[*].price'], ignore: ['$.items[0].price'] }],
  [{ critical: ['$'], ignore: ['$.at'] }],
  [{ critical: ['$.items[0].price'], ignore: ['$.items[1].price', '$.items[*].name', '$.other[*].price'] }],
  [{ keyed: { '$.rows[*].tags': 'id' }, unordered: ['$.rows[0].tags', '$.other.*'] }],
  [{ ignore: ['$.rows[*]'], owner: ['$.rows[*].customer'] }],
])('%j is an exception that is narrower, or about something else, and no contradiction', (compare) => {
  expect(allRules(featureOf(compare).compare).length).toBeGreaterThan(1);
});

test('a rule that is there twice in the same words does no harm', () => {
  expect(allRules(featureOf({ ignore: ['$.a', '$.a'] }).compare)).toHaveLength(2);
});
