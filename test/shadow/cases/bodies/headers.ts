import type { BodyCase } from './body-case.ts';

type Line = string | readonly string[];

const asked = {
  target: '/shop/cart?x=1',
  headers: ['Host', 'shop.example:8443', 'X-Forwarded-Proto', 'https'],
};

function same(name: string, legacy: Line, candidate: Line): BodyCase {
  return { ...pair(name, legacy, candidate), differences: [] };
}

function differs(name: string, legacy: Line, candidate: Line): BodyCase {
  return { ...pair(name, legacy, candidate), differences: [`header header ${name}`] };
}

function pair(name: string, legacy: Line, candidate: Line): BodyCase {
  const lines = (values: Line): string[] => [values].flat().flatMap((value) => [name, value]);
  return {
    name: `${name}: ${[legacy].flat().join(' + ')} and ${[candidate].flat().join(' + ')}`,
    legacy: '',
    candidate: '',
    headers: [lines(legacy), lines(candidate)],
    rules: { headers: [name] },
    asked,
  };
}

export const headerCases: readonly BodyCase[] = [
  same('cache-control', 'max-age=60, private', 'Private,max-age=060'),
  same('cache-control', ['no-store', 'max-age=0'], 'max-age="0", no-store,'),
  same('cache-control', 'no-cache="Set-Cookie, X-A"', 'no-cache="x-a,set-cookie"'),
  differs('cache-control', 'max-age=60', 'max-age=600'),
  differs('cache-control', 'max-age=1, max-age=2', 'max-age=2, max-age=1'),
  differs('cache-control', 'no-cache', 'no-cache="a"'),
  differs('cache-control', 'public', []),
  same('strict-transport-security', 'max-age=31536000; includeSubDomains', 'includesubdomains;max-age="31536000"'),
  same('vary', 'Accept-Encoding, Cookie', ['cookie', 'accept-encoding']),
  same('vary', '*', 'Cookie, *'),
  differs('vary', 'Cookie', 'Cookie, Origin'),
  same('allow', 'GET, HEAD', 'HEAD,GET'),
  differs('allow', 'GET', 'get'),
  same('content-language', 'en, DE', 'de, en'),
  same('location', '/shop/done?b=1&a=2', 'https://shop.example:8443/shop/done?b=1&a=2'),
  same('location', 'done', '/shop/done'),
  same('location', '?page=2', 'https://SHOP.example:8443/shop/cart?page=2'),
  differs('location', '/done?b=1&a=2', '/done?a=2&b=1'),
  differs('location', '/done', 'http://shop.example:8443/done'),
  differs('location', '/done', 'https://shop.example/done'),
  differs('location', '/done', '//other.example/done'),
  differs('location', '/done', '/done/'),
  differs('location', '/done', '/done?'),
  differs('location', '/done#a', '/done#b'),
  same('link', '</a?page=2>; rel="next"; title="a, b"', '<https://shop.example:8443/a?page=2>; title="a, b"; rel=NEXT'),
  same('link', ['<a>; rel=next', '<b>; rel=last'], '<a>; rel="next", <b>; rel="last"'),
  differs('link', '<a,b>; rel=next', '<a>, <b>; rel=next'),
  same('access-control-expose-headers', 'ETag, X-Total', 'x-total,etag'),
  differs('date', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Thu, 01 Jan 1970 00:00:01 GMT'),
  differs('date', 'Thu, 01 Jan 1970 00:00:00 GMT', ['Thu', '01 Jan 1970 00:00:00 GMT']),
  differs('set-cookie', ['a=1', 'b=2'], 'a=1, b=2'),
  differs('set-cookie', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'a=1; Expires=Fri, 02 Jan 1970 00:00:00 GMT'),
  differs('etag', '"a,b"', '"a", "b"'),
  differs('etag', 'W/"a"', '"a"'),
  differs('age', '1', '2'),
  differs('x-own', 'a, b', 'b, a'),
  same('x-own', ' a ', 'a'),
  { ...pair('etag', '"a"', '"b"'), name: 'etag that is not declared', rules: {}, differences: [] },
];
