import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { resetSocket } from '../../proxy/reset-socket.ts';
import { joinTunnel } from '../../proxy/tunnel.ts';
import { listening, rawClient, startRawUpstream, startTestProxy, until } from './support/harness.ts';

const upgrade =
  'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** An end of a connection that says what it hears and closes nothing by itself. */
interface End {
  readonly socket: Socket;
  text: string;
  hasEnded: boolean;
  isReset: boolean;
  isClosed: boolean;
}

function watched(socket: Socket): End {
  const end: End = { socket, text: '', hasEnded: false, isReset: false, isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    end.text += chunk.toString('latin1');
  });
  socket.once('end', () => {
    end.hasEnded = true;
  });
  socket.once('error', () => {
    end.isReset = true;
  });
  socket.once('close', () => {
    end.isClosed = true;
  });
  return end;
}

/** A legacy app that accepts upgrades and whose connections may be half closed. */
async function startPatientUpstream() {
  const ends: End[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const end = watched(socket);
    ends.push(end);
    socket.once('data', () => socket.write(accepted));
  });
  return Object.assign(await listening(server), { ends });
}

async function openTunnel(port: number): Promise<End> {
  const end = watched(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
  end.socket.write(upgrade);
  await until(() => end.text.includes('\r\n\r\n'));
  end.text = '';
  return end;
}

test("half-close: a client that is done sending still gets legacy's last words, and both sides close together", async () => {
  await using upstream = await startPatientUpstream();
  await using proxy = await startTestProxy(upstream.url);
  const client = await openTunnel(proxy.port);
  client.socket.end('that was all');
  const [legacy] = upstream.ends;
  await until(() => legacy!.hasEnded && legacy!.text.endsWith('that was all'));
  legacy!.socket.end('goodbye');
  await until(() => client.isClosed && legacy!.isClosed);
  expect(client).toMatchObject({ text: 'goodbye', hasEnded: true, isReset: false });
  await until(() => proxy.proxy.load().streams === 0 && proxy.proxy.load().connections === 0);
});

test('half-close: a legacy that is done sending still hears the client, and both sides close together', async () => {
  await using upstream = await startPatientUpstream();
  await using proxy = await startTestProxy(upstream.url);
  const client = await openTunnel(proxy.port);
  const [legacy] = upstream.ends;
  legacy!.socket.end('no more from me');
  await until(() => client.hasEnded);
  expect(client.text).toBe('no more from me');
  client.socket.end('nor from me');
  await until(() => client.isClosed && legacy!.isClosed);
  expect(legacy!.text.endsWith('nor from me')).toBe(true);
  expect(legacy).toMatchObject({ hasEnded: true, isReset: false });
});

/** Two joined pairs of sockets: what is sent at one outer end comes out at the other. */
async function joined(halfClosedMs: number) {
  const inner: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => inner.push(socket));
  const at = await listening(server);
  const outer = () => watched(connect({ port: at.port, host: '127.0.0.1', allowHalfOpen: true }));
  const ends = [outer(), outer()] as const;
  await until(() => inner.length === 2);
  const [one, other] = inner as [Socket, Socket];
  joinTunnel(one, other, halfClosedMs);
  const isSwapped = one.remotePort !== ends[0].socket.localPort;
  return {
    inner,
    client: ends[isSwapped ? 1 : 0],
    upstream: ends[isSwapped ? 0 : 1],
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

test.each(['client', 'upstream'] as const)(
  'half-close: when only the %s ends, both are closed after a while',
  async (who) => {
    await using tunnel = await joined(50);
    const other = who === 'client' ? tunnel.upstream : tunnel.client;
    tunnel[who].socket.end('done');
    await until(() => other.hasEnded);
    expect(other.text).toBe('done');
    // Whoever has heard the end reads no more, so of the other end only our own side can be looked at.
    await until(() => tunnel[who].isClosed && tunnel.inner.every(({ closed }) => closed));
    expect(tunnel[who].isReset).toBe(true);
  },
);

test.each(['client', 'upstream'] as const)('a %s that breaks off takes the other side with it at once', async (who) => {
  await using tunnel = await joined(60_000);
  const other = who === 'client' ? tunnel.upstream : tunnel.client;
  tunnel[who].socket.write('hello');
  await until(() => other.text === 'hello');
  tunnel[who].socket.resetAndDestroy();
  await until(() => other.isClosed);
  expect(other).toMatchObject({ isReset: true, hasEnded: false });
});

test("the head of legacy's 101 comes as it was sent, less what is of legacy's connection only or not its to say", async () => {
  const head =
    'HTTP/1.1 101 Web Socket Protocol Handshake\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, upgrade, X-Hop\r\n' +
    'Keep-Alive: timeout=5\r\nx-hop: 1\r\nX-Fig-Reason: live\r\nSec-WebSocket-ACCEPT: abc=\r\nX-Two: a\r\nset-cookie: b=\xe4\r\nx-tWo: c\r\n\r\n';
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write(`${head}first bytes`, 'latin1');
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade);
  await client.receives('first bytes');
  expect(client.text()).toBe(
    'HTTP/1.1 101 Web Socket Protocol Handshake\r\nUPGRADE: WebSocket\r\nconnection: upgrade\r\n' +
      'Sec-WebSocket-ACCEPT: abc=\r\nX-Two: a\r\nset-cookie: b=\xe4\r\nx-tWo: c\r\n\r\nfirst bytes',
  );
  client.socket.destroy();
});

const openSockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

test.each(['destroy', 'resetAndDestroy'] as const)(
  'clients that leave by %s while they are being upgraded leave no socket open in the proxy',
  async (how) => {
    await using upstream = await startPatientUpstream();
    await using proxy = await startTestProxy(upstream.url);
    const before = openSockets();
    for (let n = 0; n < 20; n += 1) {
      const client = await rawClient(proxy.port, upgrade);
      setImmediate(() => client.socket[how]());
      await until(() => client.closed());
    }
    // An end of legacy's is closed once it has heard of the client's leaving, and no sooner; some are accepted only now.
    await until(() => {
      for (const { socket, hasEnded, isReset } of upstream.ends) if (hasEnded || isReset) socket.destroy();
      return proxy.proxy.load().connections === 0 && openSockets() <= before;
    });
  },
);

test('a connection whose end is being sent is closed, not leaked, when it is reset', async () => {
  await using upstream = await startPatientUpstream();
  const before = openSockets();
  const socket = connect({ port: upstream.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await until(() => upstream.ends.length === 1);
  socket.end();
  resetSocket(socket);
  await until(() => socket.closed);
  for (const end of upstream.ends) end.socket.destroy();
  await until(() => openSockets() <= before);
});
