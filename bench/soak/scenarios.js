// What the clients of the soak do. Every answer is compared with what its id alone says it must be.
import { sleep } from '../load/sleep.js';
import { shows, showsPattern, showsReceipt } from './checks.js';
import { Pattern, bigBytes, orderCount, orderText } from './content.js';
import { tunnels } from './tunnels.js';

/**
 * @typedef {import('./client.js').Client} Client
 * @typedef {import('./visitor.js').Visitor} Visitor
 * @typedef {{ name: string, weight: number, run: (visitor: Visitor) => Promise<void> }} Scenario
 */

const PIECE = 64 * 1024;

/** @param {Visitor} visitor @param {Client} client */
async function order(visitor, client, version = '1.1', more = []) {
  const id = 1 + visitor.below(orderCount);
  const bytes = visitor.head(`GET /api/orders/${id} HTTP/${version}`, more);
  await visitor.exchange(client, 'GET', bytes, shows(String(id), orderText(id)));
}

async function bodiless(visitor) {
  const id = visitor.nextId();
  const isLength = (answer) => answer.headers.get('content-length') === String(id.length);
  const kinds = [
    { method: 'HEAD', path: `/docs/${id}`, status: 200, isFramed: isLength },
    { method: 'GET', path: `/docs/${id}`, more: [`If-None-Match: "${id}"`], status: 304, isFramed: isLength },
    { method: 'DELETE', path: `/things/${id}`, status: 204, isFramed: ({ headers }) => !headers.has('content-length') },
  ];
  const { method, path, more, status, isFramed } = kinds[visitor.below(kinds.length)];
  const check = (answer) => {
    const fault = shows(id, '', status)(answer);
    return fault ?? (isFramed(answer) ? undefined : `length ${answer.headers.get('content-length')} with a ${status}`);
  };
  await visitor.exchange(visitor.kept(), method, visitor.head(`${method} ${path} HTTP/1.1`, more), check);
}

async function echo(visitor) {
  const id = visitor.nextId();
  const body = `${id} says ${'word '.repeat(visitor.below(300))}`;
  const bytes = visitor.head(`POST /echo/${id} HTTP/1.1`, [`Content-Length: ${body.length}`]) + body;
  await visitor.exchange(visitor.kept(), 'POST', bytes, shows(id, body));
}

/** The body is sent while nothing is known of the answer, which may come early. */
async function upload(visitor, { isChunked = false, pauseMs = 0, until = bigBytes } = {}) {
  const id = visitor.nextId();
  const client = visitor.kept();
  const pattern = new Pattern(id);
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bigBytes}`;
  const answered = visitor.exchange(
    client,
    'POST',
    visitor.head(`POST /upload/${id} HTTP/1.1`, [framing]),
    showsReceipt(id),
    {
      isAborted: until < bigBytes,
    },
  );
  for (let sent = 0; sent < until && client.isUsable; sent += PIECE) {
    const piece = pattern.at(sent, PIECE);
    await client.write(
      isChunked ? Buffer.concat([Buffer.from(`${PIECE.toString(16)}\r\n`), piece, Buffer.from('\r\n')]) : piece,
    );
    if (pauseMs > 0) await sleep(visitor.below(pauseMs));
  }
  if (until < bigBytes) visitor.leave(client);
  else if (isChunked) await client.write('0\r\n\r\n');
  await answered;
}

async function uploadWhenWanted(visitor) {
  const id = visitor.nextId();
  const client = visitor.kept();
  const bytes = visitor.head(`POST /upload/${id} HTTP/1.1`, [`Content-Length: ${bigBytes}`, 'Expect: 100-continue']);
  const pattern = new Pattern(id);
  const onInterim = async (status) => {
    for (let sent = 0; status === 100 && sent < bigBytes && client.isUsable; sent += PIECE)
      await client.write(pattern.at(sent, PIECE));
  };
  await visitor.exchange(client, 'POST', bytes, showsReceipt(id), { onInterim: (status) => void onInterim(status) });
}

async function refusedUpload(visitor) {
  const id = visitor.nextId();
  const client = visitor.fresh();
  const head = visitor.head(`POST /refuse/${id} HTTP/1.1`, [`Content-Length: ${bigBytes}`]);
  await visitor.exchange(client, 'POST', head, shows(id, id, 403));
  client.close();
}

async function download(visitor, client, { query = '', version = '1.1', pauseMs = 0, until = bigBytes } = {}) {
  const id = visitor.nextId();
  const pattern = new Pattern(id);
  let last = 0;
  const onChunk = (bytes) => {
    if (bytes >= until && until < bigBytes) visitor.leave(client);
    if (pauseMs === 0 || bytes - last < 2 * PIECE) return;
    last = bytes;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), visitor.below(pauseMs));
  };
  await visitor.exchange(client, 'GET', visitor.head(`GET /download/${id}${query} HTTP/${version}`), showsPattern(id), {
    holds: (offset, chunk) => pattern.holds(offset, chunk),
    onChunk,
    isAborted: until < bigBytes,
  });
}

async function events(visitor) {
  const id = visitor.nextId();
  const client = visitor.fresh();
  const count = 3 + visitor.below(30);
  const whole = Array.from({ length: count }, (_, n) => `data: ${id} ${n}\n\n`).join('');
  const isAborted = visitor.below(3) === 0;
  const onChunk = (bytes) => isAborted && bytes > 20 && visitor.leave(client);
  const bytes = visitor.head(`GET /events/${id}?n=${count} HTTP/1.1`);
  await visitor.exchange(client, 'GET', bytes, shows(id, whole), { onChunk, isAborted });
  client.close();
}

async function pipelined(visitor) {
  const client = visitor.fresh();
  const waiting = Array.from({ length: 6 }, (_, n) => {
    if (n % 2 === 0) return order(visitor, client);
    const id = visitor.nextId();
    const bytes = visitor.head(`GET /slow/${id}?ms=${visitor.below(20)} HTTP/1.1`);
    return visitor.exchange(client, 'GET', bytes, shows(id, id));
  });
  await Promise.all(waiting);
  client.close();
}

async function leaveBeforeHead(visitor) {
  const id = visitor.nextId();
  const client = visitor.fresh();
  const answered = visitor.exchange(client, 'GET', visitor.head(`GET /slow/${id}?ms=300 HTTP/1.1`), shows(id, id), {
    isAborted: true,
  });
  await sleep(visitor.below(60));
  visitor.leave(client);
  await answered;
}

/** @type {readonly Scenario[]} */
export const scenarios = [
  { name: 'order, kept connection', weight: 40, run: (visitor) => order(visitor, visitor.kept()) },
  {
    name: 'order, one connection each',
    weight: 8,
    run: (visitor) => visitor.once((client) => order(visitor, client, '1.1', ['Connection: close'])),
  },
  { name: 'order, HTTP/1.0', weight: 2, run: (visitor) => visitor.once((client) => order(visitor, client, '1.0')) },
  { name: 'HEAD, 304, 204', weight: 16, run: bodiless },
  { name: 'small POST', weight: 12, run: echo },
  { name: '1 MB up, length', weight: 2, run: (visitor) => upload(visitor) },
  { name: '1 MB up, chunks', weight: 2, run: (visitor) => upload(visitor, { isChunked: true }) },
  { name: '1 MB up, 100-continue', weight: 1, run: uploadWhenWanted },
  {
    name: '1 MB up, slow writer',
    weight: 1,
    run: (visitor) => upload(visitor, { isChunked: visitor.below(2) === 0, pauseMs: 40 }),
  },
  { name: '1 MB down, length', weight: 2, run: (visitor) => download(visitor, visitor.kept()) },
  { name: '1 MB down, chunks', weight: 2, run: (visitor) => download(visitor, visitor.kept(), { query: '?chunked' }) },
  {
    name: '1 MB down, HTTP/1.0',
    weight: 1,
    run: (visitor) => visitor.once((client) => download(visitor, client, { query: '?chunked', version: '1.0' })),
  },
  { name: '1 MB down, slow reader', weight: 1, run: (visitor) => download(visitor, visitor.kept(), { pauseMs: 60 }) },
  { name: 'event stream', weight: 2, run: events },
  { name: 'pipelined', weight: 3, run: pipelined },
  { name: 'refused while uploading', weight: 2, run: refusedUpload },
  { name: 'leaves before the head', weight: 3, run: leaveBeforeHead },
  {
    name: 'leaves while uploading',
    weight: 2,
    run: (visitor) => upload(visitor, { isChunked: visitor.below(2) === 0, until: PIECE * (1 + visitor.below(8)) }),
  },
  {
    name: 'leaves while downloading',
    weight: 2,
    run: (visitor) => visitor.once((client) => download(visitor, client, { until: 1 + visitor.below(bigBytes / 2) })),
  },
  ...tunnels,
];
