import { connect, createServer, type Socket } from 'node:net';

/**
 * Stands in front of a server as PgBouncer does before 1.23: passes ordinary connections through and refuses start
 * parameters that it does not know, `replication` among them.
 */
export async function startRefusingPooler(target: string): Promise<AsyncDisposable & { readonly url: string }> {
  const behind = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('data', (start) => {
      if (start.includes('\0replication\0')) {
        client.end(errorResponse('08P01', 'unsupported startup parameter: replication'));
        return;
      }
      const upstream = connect(Number(behind.port), behind.hostname);
      sockets.add(upstream);
      upstream.on('error', () => client.destroy());
      upstream.write(start);
      client.pipe(upstream).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`, 'utf8');
  const head = Buffer.from('E0000', 'latin1');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
