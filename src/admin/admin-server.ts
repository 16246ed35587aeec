import { createServer } from 'node:http';
import type { FigControl } from '../app/control.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import type { Service } from '../kernel/service.ts';
import { createEventStream } from './event-stream.ts';
import { isLoopbackHost } from './guards.ts';
import { createRoutes } from './routes.ts';

export interface AdminServerOptions {
  readonly control: FigControl;
  /** Default 127.0.0.1. Any address that other machines can reach needs a token. */
  readonly host?: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  /** Default: FIG_ADMIN_TOKEN. Not asked for on a loopback address. */
  readonly token?: string | undefined;
}

export interface AdminServer extends Service {
  readonly url: string;
  readonly port: number;
}

/** Starts the admin API and status page. Throws FIG_ADMIN_REFUSED without a token on an open address, FIG_PORT_IN_USE. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { control, log, host = '127.0.0.1' } = options;
  const given = options.token ?? process.env['FIG_ADMIN_TOKEN'];
  const token = isLoopbackHost(host) ? undefined : given === '' ? undefined : given;
  if (!isLoopbackHost(host) && token === undefined) {
    throw new FigError('FIG_ADMIN_REFUSED', `the admin server does not listen on ${host} without a token`, {
      remedy: 'Set FIG_ADMIN_TOKEN, or listen on 127.0.0.1.',
    });
  }
  const events = createEventStream(control, log);
  const server = createServer(createRoutes({ control, events, log, token }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, options.port)));
    server.listen(options.port, host.replace(/^\[(.*)\]$/, '$1'), resolve);
  });
  server.on('error', (error) => log.error({ error }, 'the admin server failed'));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await events.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  return {
    name: 'admin server',
    url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`,
    port,
    stop: () => (stopped ??= stop()),
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new FigError('FIG_PORT_IN_USE', `port ${port} on ${host} is taken, so the admin server cannot start`, {
      cause: error,
    });
  }
  return new FigError('FIG_INTERNAL', `the admin server cannot listen on ${host}:${port}: ${describeError(error)}`, {
    remedy: 'Choose another address or port.',
    cause: error,
  });
}
