import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressIn, forwardedElement, parseForwarded } from '../../proxy/forwarded.ts';
import { originOf, type Origin } from '../../proxy/origin.ts';
import { compileTrust } from '../../proxy/trust.ts';
import type { TrustRules } from '../../src/config/edge-definition.ts';

const from = (address: string, trust: TrustRules, headers: Readonly<Record<string, string>> = {}): Origin =>
  originOf(
    compileTrust(trust),
    trust.header,
    { address, host: 'inner.example', scheme: 'http' },
    Object.entries(headers).flat(),
  );

const lan = { proxies: ['10.0.0.0/8', '::1', 'fd00::/8'] };

test.each([
  [{}, '203.0.113.9'],
  [lan, '203.0.113.9'],
  [lan, '2001:db8::1'],
  [{ hops: 0 }, '203.0.113.9'],
])('with %j, what a stranger says of itself is nothing', (trust, address) => {
  const said = {
    'X-Forwarded-For': '10.0.0.1',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil',
    Forwarded: 'for=1',
  };
  expect(from(address, trust, said)).toMatchObject({
    address,
    scheme: 'http',
    host: 'inner.example',
    forwardedFor: address,
    isPeerTrusted: false,
  });
});

test('the visitor is the right-most address that is not a trusted hop’s', () => {
  const headers = { 'X-Forwarded-For': '6.6.6.6, 198.51.100.7, 10.1.1.1', 'X-Forwarded-Proto': 'https' };
  expect(from('10.9.9.9', lan, headers)).toEqual({
    address: '198.51.100.7',
    scheme: 'https',
    host: 'inner.example',
    forwardedFor: '6.6.6.6, 198.51.100.7, 10.1.1.1, 10.9.9.9',
    forwarded: 'for=6.6.6.6, for=198.51.100.7;host=inner.example;proto=https, for=10.1.1.1, for=10.9.9.9',
    isPeerTrusted: true,
  });
});

test('when every hop is trusted, the outermost one is the visitor', () => {
  expect(from('::1', lan, { 'X-Forwarded-For': '10.0.0.1, fd00::5' })).toMatchObject({
    address: '10.0.0.1',
    forwarded: 'for=10.0.0.1;host=inner.example;proto=http, for="[fd00::5]", for="[::1]"',
  });
  expect(from('::ffff:10.0.0.3', lan)).toMatchObject({ address: '10.0.0.3', forwardedFor: '10.0.0.3' });
});

test('a number of hops is counted from the right', () => {
  const headers = { 'X-Forwarded-For': '6.6.6.6, 7.7.7.7, 8.8.8.8' };
  expect(from('9.9.9.9', { hops: 1 }, headers).address).toBe('8.8.8.8');
  expect(from('9.9.9.9', { hops: 2 }, headers).address).toBe('7.7.7.7');
  expect(from('9.9.9.9', { hops: 9 }, headers).address).toBe('6.6.6.6');
  expect(from('9.9.9.9', { hops: 1 }).address).toBe('9.9.9.9');
});

test.each([
  ['unknown, 198.51.100.7', '198.51.100.7', '198.51.100.7, 10.0.0.1'],
  ['198.51.100.7, _hidden', '10.0.0.1', '10.0.0.1'],
  ['6.6.6.6, <script>, 10.2.2.2', '10.2.2.2', '10.2.2.2, 10.0.0.1'],
  ['198.51.100.7:4711', '198.51.100.7', '198.51.100.7, 10.0.0.1'],
  ['[2001:db8::1]:4711', '2001:db8::1', '2001:db8::1, 10.0.0.1'],
  ['2001:db8::1', '2001:db8::1', '2001:db8::1, 10.0.0.1'],
  ['1.2.3.4.5', '10.0.0.1', '10.0.0.1'],
  ['999.1.1.1', '10.0.0.1', '10.0.0.1'],
  [' , ,', '10.0.0.1', '10.0.0.1'],
])('a malformed entry of a trusted hop hides what is left of it: %s', (value, address, forwardedFor) => {
  expect(from('10.0.0.1', lan, { 'X-Forwarded-For': value })).toMatchObject({ address, forwardedFor });
});

test.each([
  ['https', 'https'],
  ['WSS', 'https'],
  ['gopher', 'http'],
  ['', 'http'],
  ['http, https', 'https'],
])('the scheme of a trusted hop is taken when it is one: %j', (proto, scheme) => {
  const headers = { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Proto': proto };
  expect(from('10.0.0.1', lan, headers).scheme).toBe(scheme);
  expect(from('10.0.0.1', lan, { 'X-Forwarded-Proto': proto }).scheme).toBe(scheme);
});

const host = (value: string): string | undefined =>
  from('10.0.0.1', lan, { 'X-Forwarded-For': '8.8.8.8', 'X-Forwarded-Host': value }).host;

test('the host of a trusted hop is taken when it is one', () => {
  expect(host('shop.example:8443')).toBe('shop.example:8443');
  expect(host('shop.example/evil')).toBe('inner.example');
  expect(host('a b')).toBe('inner.example');
});

test('Forwarded is read instead where it is the header of the hops in front', () => {
  const trust = { ...lan, header: 'forwarded' } as const;
  const value = 'for=6.6.6.6, for="[2001:db8::1]:4711";proto=https;host="shop.example:8443";by=_x, for=10.1.1.1';
  expect(from('10.9.9.9', trust, { Forwarded: value, 'X-Forwarded-For': '7.7.7.7' })).toMatchObject({
    address: '2001:db8::1',
    scheme: 'https',
    host: 'shop.example:8443',
    forwardedFor: '6.6.6.6, 2001:db8::1, 10.1.1.1, 10.9.9.9',
    forwarded: 'for=6.6.6.6, for="[2001:db8::1]";host="shop.example:8443";proto=https, for=10.1.1.1, for=10.9.9.9',
  });
  expect(from('10.9.9.9', lan, { Forwarded: value }).address).toBe('10.9.9.9');
});

test.each(['for="1.1.1.1', 'for=1.1.1.1;;', 'for=1.1.1.1 x', 'for', 'for=a;for=b', 'for="a\\"', '=1', 'for=[::1]'])(
  'a Forwarded header that does not follow its grammar says nothing: %s',
  (value) => {
    expect(parseForwarded(value)).toBeUndefined();
    const trust = { ...lan, header: 'forwarded' } as const;
    expect(from('10.0.0.1', trust, { Forwarded: `${value}, for=8.8.8.8` }).address).toBe('10.0.0.1');
  },
);

test('what strangers put left of an honest hop never changes who the visitor is', () => {
  const junk = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary-ascii', maxLength: 12 }));
  fc.assert(
    fc.property(fc.array(junk, { maxLength: 5 }), (entries) => {
      const value = [...entries, '198.51.100.7'].join(', ');
      const origin = from('10.0.0.1', lan, { 'X-Forwarded-For': value });
      expect(origin.address).toBe('198.51.100.7');
      expect(origin.forwardedFor).toMatch(/(?:^|, )198\.51\.100\.7, 10\.0\.0\.1$/);
      expect(parseForwarded(origin.forwarded)?.map((element) => addressIn(element.for))).toEqual(
        origin.forwardedFor.split(', '),
      );
    }),
  );
});

test('an element can be read back', () => {
  expect(parseForwarded(forwardedElement('::1', 'a:80', 'https'))).toEqual([
    { for: '[::1]', host: 'a:80', proto: 'https' },
  ]);
});

test.each(['10.0.0.0/33', '10.0.0/8', 'localhost', '::1/129', '1.2.3.4/8/8', '1.2.3.4/', ''])(
  'trust.proxies refuses %j',
  (text) => {
    expect(() => compileTrust({ proxies: [text] })).toThrow(/trust\.proxies/);
  },
);
