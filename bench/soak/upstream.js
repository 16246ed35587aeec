// The legacy app of the soak: an ordinary node:http server with one answer of every kind. It is killed and started again on
// the same port, and says what is open when it is asked.
import { createServer } from 'node:http';
import { sleep } from '../load/sleep.js';
import { Pattern, bigBytes, digestOf, orderText } from './content.js';

const PIECE = 32 * 1024;
const sockets = new Set();
/** Requests and tunnels that are not over. */
let active = 0;

const server = createServer({ keepAliveTimeout: 5_000 }, (req, res) => void answer(req, res));
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});
server.on('upgrade', (req, socket) => {
  const [, kind, id = ''] = new URL(req.url, 'http://upstream').pathname.split('/');
  active += 1;
  socket.once('close', () => {
    active -= 1;
  });
  socket.on('error', () => socket.destroy());
  if (kind !== 'live') {
    socket.end(`HTTP/1.1 403 Forbidden\r\nX-Id: ${id}\r\nContent-Length: ${id.length}\r\n\r\n${id}`);
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Id: ${id}\r\n\r\n${id}`,
  );
  socket.on('data', (chunk) => {
    if (chunk.includes('please close')) socket.end('bye');
    else if (chunk.includes('please reset')) socket.resetAndDestroy();
    else if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => socket.end());
});

async function answer(req, res) {
  active += 1;
  res.once('close', () => {
    active -= 1;
  });
  req.on('error', () => undefined);
  res.on('error', () => undefined);
  const url = new URL(req.url, 'http://upstream');
  const [, kind = '', ...rest] = url.pathname.split('/');
  const id = rest.at(-1) ?? '';
  res.setHeader('X-Id', id);
  await (answers[kind] ?? answers.unknown)({ req, res, id, query: url.searchParams });
}

const answers = {
  api: ({ res, id }) => sendText(res, 'application/json; charset=utf-8', orderText(Number(id))),
  docs: ({ req, res, id }) => {
    const etag = `"${id}"`;
    if (req.headers['if-none-match'] !== etag) return sendText(res, 'text/plain', id, { ETag: etag });
    res.writeHead(304, { ETag: etag, 'Content-Length': id.length });
    return res.end();
  },
  things: ({ res }) => res.writeHead(204).end(),
  echo: ({ req, res }) => {
    const length = req.headers['content-length'];
    if (length !== undefined) res.setHeader('Content-Length', length);
    req.pipe(res);
  },
  upload: async ({ req, res, id }) => {
    const pattern = new Pattern(id);
    let bytes = 0;
    let intact = true;
    try {
      for await (const chunk of req) {
        intact &&= pattern.holds(bytes, chunk);
        bytes += chunk.length;
      }
    } catch {
      return res.destroy();
    }
    const body = JSON.stringify({ id, bytes, intact });
    return sendText(res, 'application/json', JSON.stringify({ id, bytes, intact, digest: digestOf(body) }));
  },
  download: async ({ res, id, query }) => {
    const pattern = new Pattern(id);
    if (!query.has('chunked')) res.setHeader('Content-Length', bigBytes);
    for (let sent = 0; sent < bigBytes && !res.destroyed; sent += PIECE) {
      if (!res.write(pattern.at(sent, PIECE))) await roomOrEnd(res);
    }
    res.end();
  },
  events: async ({ res, id, query }) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const count = Number(query.get('n'));
    for (let n = 0; n < count && !res.destroyed; n += 1) {
      res.write(`data: ${id} ${n}\n\n`);
      await sleep(20);
    }
    res.end();
  },
  slow: async ({ res, id, query }) => {
    await sleep(Number(query.get('ms')));
    sendText(res, 'text/plain', id);
  },
  /** Has made up its mind before the body is there. */
  refuse: ({ res, id }) => {
    res.statusCode = 403;
    sendText(res, 'text/plain', id, { Connection: 'close' });
  },
  unknown: ({ res }) => res.writeHead(404).end(),
};

function sendText(res, type, text, more = {}) {
  res.writeHead(res.statusCode, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text), ...more });
  res.end(text);
}

function roomOrEnd(res) {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.once('drain', done).once('close', done);
  });
}

process.on('message', ({ id, ask }) => {
  if (ask === 'state') process.send?.({ id, answer: { connections: sockets.size, active } });
  if (ask === 'leave') {
    // As a deployment does it: nothing new, a moment for what is under way, and out.
    server.close();
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 200);
    process.send?.({ id, answer: true });
  }
});
process.on('disconnect', () => process.exit(0));
server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () =>
  process.send?.({ ready: true, port: server.address().port }),
);
