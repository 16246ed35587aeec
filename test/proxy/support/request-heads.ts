import * as fc from 'fast-check';

/** What a request and its neighbour in the same connection could be told apart wrongly by. */
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n';

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE') },
  { weight: 1, arbitrary: fc.constantFrom('CONNECT', 'get', 'PROPFIND', 'GET ', 'QUERY', 'M-SEARCH', 'G\0T') },
);

const pathPiece = fc.constantFrom(
  '/',
  'orders',
  '1',
  '..',
  '.',
  '%2e',
  '%2E%2e',
  '%2f',
  '%5c',
  '\\',
  '//',
  ';v=1',
  '?q=1',
  '#f',
  '%00',
  '%',
  '%zz',
  '%E4%F6',
  '\xe4',
  ' ',
  '\t',
  '@',
  ':',
  '*',
  '[',
  'ORDERS',
  '%6frders',
  '/orders/',
  'a'.repeat(50),
);

const target = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('/orders/1', '/orders/2?x=1', '/', '/other', '/orders', '*') },
  { weight: 4, arbitrary: fc.array(pathPiece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`) },
  {
    weight: 1,
    arbitrary: fc.array(pathPiece, { maxLength: 5 }).map((pieces) => `http://shop.example/${pieces.join('')}`),
  },
  { weight: 1, arbitrary: fc.array(pathPiece, { maxLength: 3 }).map((pieces) => pieces.join('')) },
);

const version = fc.oneof(
  { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
  { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 ', '') },
);

const field = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('Content-Length: 0', 'Content-Length: 5', `Content-Length: ${smuggled.length}`),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'Content-Length: +5',
      'Content-Length: 5, 5',
      'Content-Length: 0x5',
      'Content-Length:',
      'Content-Length : 5',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding:\tchunked',
      'Transfer-Encoding : chunked',
      'TE: trailers',
      'transfer-encoding: CHUNKED',
      'Trailer: X-Sum',
      'Expect: 100-continue',
      'Expect: else',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'Connection: close',
      'Connection: keep-alive',
      'Connection: host',
      'Connection: content-length, x-a',
      'Host: b',
      'Connection: transfer-encoding',
      'Connection: upgrade\r\nUpgrade: h2c',
      'Upgrade: h2c',
      'Upgrade: websocket',
      'Connection: upgrade\r\nUpgrade: websocket',
      'X-Fig-Phase: live',
      'X-A: 1',
      'X-A: \xe4\xf6',
      'Cookie: fig_fence=forged',
      'X-Forwarded-For: 6.6.6.6',
      ': empty',
      'No colon',
      ' folded',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 30 }) },
);

const body = fc.constantFrom(
  '',
  '',
  '',
  'hello',
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;x=1\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
  smuggled,
  `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
  `0\r\n\r\n${smuggled}`,
  '0x5\r\nhello\r\n0\r\n\r\n',
  `fffffffffffffffff\r\n${smuggled}`,
  '5\nhello\n0\n\n',
  `5\r\nhelloXX\r\n0\r\n\r\n${smuggled}`,
);

const host = fc.oneof(
  { weight: 8, arbitrary: fc.constant('Host: shop.example') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'X-No-Host: 1',
      'Host:',
      'Host: a b',
      'Host: a, b',
      'Host: shop.example\r\nHost: shop.example',
    ),
  },
);

const harmless = fc.constantFrom(
  'Accept: */*',
  'X-A: 1',
  'X-A: \xe4\xf6',
  'Cookie: session=1; fig_fence=forged',
  'X-Fig-Phase: live',
);

/** In order but for its target, so that it gets as far as the routes. */
const read = fc
  .tuple(fc.constantFrom('GET', 'GET', 'HEAD'), target, fc.array(harmless, { maxLength: 3 }))
  .map(
    ([verb, path, fields]) => `${[`${verb} ${path} HTTP/1.1`, 'Host: shop.example', ...fields].join('\r\n')}\r\n\r\n`,
  );

/** A whole request, most of the time one that is nearly in order. */
const request = fc
  .tuple(method, target, version, host, fc.array(field, { maxLength: 4 }), body)
  .map(
    ([verb, path, http, named, fields, rest]) =>
      `${[`${verb} ${path} ${http}`, named, ...fields].join('\r\n')}\r\n\r\n${rest}`,
  );

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 3 }),
  insert: fc.constantFrom(
    '',
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    ':',
    '\x80',
    '\xff',
    ',',
    '0',
    'chunked',
    '\x0b',
  ),
});

const mutated = fc.tuple(request, fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) =>
  changes.reduce((result, { at, remove, insert }) => {
    const place = Math.floor(at * result.length);
    return result.slice(0, place) + insert + result.slice(place + remove);
  }, text),
);

const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Bytes of one or two requests as latin1: in order, mutated, or noise. */
export const requestBytes: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: read },
  { weight: 3, arbitrary: request },
  { weight: 4, arbitrary: mutated },
  { weight: 2, arbitrary: fc.tuple(request, mutated).map((both) => both.join('')) },
  { weight: 1, arbitrary: noise },
);
