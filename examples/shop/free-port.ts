import { createServer } from 'node:net';

/** The port, when nobody listens on it, else any free one. */
export async function freePortNear(port: number): Promise<number> {
  return (await tryPort(port)) ?? (await tryPort(0)) ?? port;
}

async function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}
