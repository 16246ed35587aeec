/** One JSON document of about 1.7 KB, as an order page of the example shop has. */
export const smallJson = JSON.stringify(orderOf(1_700));
/** The same with 100 KB of lines. */
export const largeJson = JSON.stringify(orderOf(100_000));
export const uploadBytes = 1024 * 1024;

/** What a browser behind a session sends; every connection is another visitor. */
const browserHeaders = [
  'Host: shop.example',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: application/json',
  'Accept-Language: en-GB,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br',
];

/** @typedef {{ name: string, title: string, connections: number, request: (visitor: number) => Buffer, answerBytes: number }} Workload */

/** @type {Readonly<Record<string, Workload>>} */
export const workloads = {
  json: {
    name: 'json',
    title: 'GET of 1.7 KB JSON, 32 connections',
    connections: 32,
    request: (visitor) => requestOf('GET /api/orders/1', visitor),
    answerBytes: Buffer.byteLength(smallJson),
  },
  large: {
    name: 'large',
    title: 'GET of 100 KB, 32 connections',
    connections: 32,
    request: (visitor) => requestOf('GET /api/orders/2', visitor),
    answerBytes: Buffer.byteLength(largeJson),
  },
  upload: {
    name: 'upload',
    title: 'POST of 1 MB, 8 connections',
    connections: 8,
    request: (visitor) =>
      Buffer.concat([
        requestOf('POST /uploads', visitor, [`Content-Length: ${uploadBytes}`, 'Content-Type: text/plain']),
        Buffer.alloc(uploadBytes, 'u'),
      ]),
    answerBytes: 2,
  },
};

/** @param {string} line @param {number} visitor @param {readonly string[]} more */
function requestOf(line, visitor, more = []) {
  const head = [`${line} HTTP/1.1`, ...browserHeaders, `Cookie: session=visitor-${visitor}; theme=dark`, ...more];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** @param {number} bytes */
function orderOf(bytes) {
  const order = { order_id: '1', status: 'shipped', customer: { name: 'Ada Lovelace', vip: true }, lines: [] };
  for (let n = 0; JSON.stringify(order).length < bytes; n += 1) {
    order.lines.push({ sku: `SKU-${n}`, title: `Fig tree, pot ${n % 40} cm`, quantity: (n % 4) + 1, price: '19.90' });
  }
  return order;
}
