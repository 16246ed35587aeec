import type { Server } from 'node:http';
import { FigError } from '../src/kernel/fig-error.ts';
import { errorCodeOf } from './error-code.ts';
import type { Scheme } from './origin.ts';

/** Resolves when the server listens. Throws FIG_PORT_IN_USE, FIG_LISTEN_FAILED. */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    if (errorCodeOf(error) === 'EADDRINUSE') {
      throw new FigError('FIG_PORT_IN_USE', `port ${port} on ${host} is taken by another process`, {
        cause: error,
        remedy: `Stop the process that listens on port ${port}, or choose another with --listen or \`listen.port\`.`,
      });
    }
    throw new FigError('FIG_LISTEN_FAILED', `the proxy cannot listen on ${host}:${port}`, { cause: error });
  }
}

/** An address that a browser on this machine can open. */
export function urlOf(scheme: Scheme, host: string, port: number): string {
  const open = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
