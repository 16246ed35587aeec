import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { timeoutsOf, type TimeoutsDefinition } from '../src/config/timeouts.ts';
import type { Candidate } from '../src/kernel/candidate.ts';
import type { ExchangeSink } from '../src/kernel/exchange.ts';
import { FigError, describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import type { AppliedPosition, SourcePosition } from '../src/kernel/position.ts';
import type { Service } from '../src/kernel/service.ts';
import { answerError } from './answer.ts';
import { CandidateDesk } from './ask-candidate.ts';
import { ClientConnections } from './client-connections.ts';
import { clientRequest, faultOf, hasBody, type ClientRequest } from './client-request.ts';
import { errorCodeOf } from './error-code.ts';
import { resetConnection } from './forward.ts';
import { handleRequest, type ProxyParts } from './handle-request.ts';
import { CopyDesk } from './hand-copy.ts';
import { OwnWrites } from './own-writes.ts';
import { RouteTable, pathOf, type RoutedFeature } from './route-table.ts';
import type { Handled, SeenRequest } from './seen-request.ts';
import { UpgradeTunnels, isWebSocketUpgrade, responseOn } from './upgrade-tunnel.ts';
import { connectUpstream } from './upstream/connect-upstream.ts';
import { UpstreamPool } from './upstream/upstream-pool.ts';
import type { VisitorRules } from './visitor.ts';
import { withinTime } from './within-time.ts';

/** Legacy apps send long lists of cookies; node's own 16 KiB is for what clients send. */
const MAX_UPSTREAM_HEADER_BYTES = 64 * 1024;

export interface ProxyOptions {
  /** Origin of the legacy app; a path in it is refused, because targets are forwarded exactly as they come. */
  readonly legacy: URL;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly features: readonly RoutedFeature[];
  readonly visitor: VisitorRules;
  /** An immutable snapshot, read once per request. */
  readonly routing: () => RoutingSnapshot;
  readonly candidate: (feature: string) => Candidate | undefined;
  readonly applied: (feature: string) => AppliedPosition | undefined;
  /** Without it no position of a write can be known, so nothing is ever served by a candidate. */
  readonly source: SourcePosition | undefined;
  /** Signs the fence cookie; the same in every proxy of a migration. */
  readonly fenceSecret: Uint8Array;
  /** Milliseconds a read may wait for the read model to reach the visitor's last write. */
  readonly fenceBudgetMs: number;
  /** Marks the fence cookie Secure; for proxies that are reached by https only. */
  readonly secureCookies?: boolean | undefined;
  readonly sink: ExchangeSink;
  /** Told of every finished request. */
  readonly observe: (seen: SeenRequest) => void;
  readonly log: Log;
  /** Largest body that is copied for the shadow. Default 1 MiB. */
  readonly captureLimitBytes?: number | undefined;
  /** How long legacy may take for what. */
  readonly timeouts?: TimeoutsDefinition | undefined;
  /** Milliseconds that requests in flight get to finish when the proxy stops. Default 5,000. */
  readonly stopGraceMs?: number | undefined;
}

export interface Proxy extends Service {
  readonly url: string;
  readonly port: number;
  /** Requests whose answer is not out yet; tunnels are not counted. */
  readonly inFlight: number;
}

/**
 * Starts the routing proxy; resolves when it listens. Without features it is transparent and only observes. Throws
 * FIG_PORT_IN_USE, FIG_LISTEN_FAILED, FIG_CONFIG_INVALID.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  refusePath(options.legacy);
  const timeouts = timeoutsOf(options.timeouts);
  const routes = new RouteTable(options.features);
  const legacy = new UpstreamPool({
    connect: () => connectUpstream(options.legacy),
    connectTimeoutMs: timeouts.connectMs,
    headersTimeoutMs: timeouts.responseHeadersMs,
    bodyIdleMs: timeouts.responseBodyIdleMs,
    sendIdleMs: timeouts.requestBodyIdleMs,
    totalMs: timeouts.totalMs,
    maxConnections: Number.POSITIVE_INFINITY,
    maxWaiting: 0,
    maxHeadBytes: MAX_UPSTREAM_HEADER_BYTES,
  });
  const connections = new ClientConnections();
  const parts = partsOf(options, routes, legacy);
  const tunnels = new UpgradeTunnels({
    legacy: options.legacy,
    handshakeTimeoutMs: timeouts.responseHeadersMs,
    log: options.log,
    onHandshake: (req, status) => {
      observe(options, req, { status, servedBy: 'legacy', reason: 'upgrade' }, 0, status === undefined);
    },
  });
  const upgraded = new Set<Duplex>();

  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 60_000, insecureHTTPParser: false });
  // How long an upload may take is legacy's to say as well: the proxy holds next to nothing of it.
  server.requestTimeout = 0;
  server.on('connection', (socket) => connections.watch(socket));
  server.on('request', (req, res) => void serve(options, parts, connections, req, res));
  // The upstream says whether the body is wanted: node would have asked for it at once.
  server.on('checkContinue', (req, res) => void serve(options, parts, connections, req, res));
  // Other expectations are the upstream's to meet or to refuse (RFC 9110 section 10.1.1).
  server.on('checkExpectation', (req, res) => void serve(options, parts, connections, req, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseMalformed(error, socket, connections));
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!(socket instanceof Socket)) return;
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    if (isWebSocketUpgrade(req) && faultOf(req) === undefined) tunnels.open(req, socket, head);
    // Any other upgrade may be ignored (RFC 9110 section 7.8). Its body, if any, is lost to us by now.
    else if (!hasBody(req)) void serve(options, parts, connections, req, responseOn(req, socket));
    else socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  try {
    await listen(server, options.host, options.port);
  } catch (error) {
    legacy.destroy();
    throw error;
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  let stopping: Promise<void> | undefined;
  return {
    name: 'proxy',
    port,
    url: urlOf(options.host, port),
    get inFlight() {
      return connections.inFlight;
    },
    stop: () => (stopping ??= stop(server, connections, upgraded, legacy, options.stopGraceMs ?? 5_000)),
  };
}

function partsOf(options: ProxyOptions, routes: RouteTable, legacy: UpstreamPool): ProxyParts {
  const { log, routing, source, applied, fenceSecret, fenceBudgetMs } = options;
  const secureCookies = options.secureCookies ?? false;
  const ownWrites = new OwnWrites({ source, applied, routing, fenceBudgetMs, secret: fenceSecret, secureCookies, log });
  ownWrites.learn(routing());
  return {
    legacy,
    routes,
    routing,
    visitor: options.visitor,
    fenceSecret,
    ownWrites,
    candidates: new CandidateDesk(options.candidate),
    copies: new CopyDesk(options.sink, options.captureLimitBytes ?? 1024 * 1024, log),
    log,
  };
}

/** Runs the main line for one request and tells the observer when the answer is out. Never rejects. */
async function serve(
  options: ProxyOptions,
  parts: ProxyParts,
  connections: ClientConnections,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const startedAt = performance.now();
  const { gone, closed } = connections.begin(req, res);
  const handled = await handledSafely(parts, clientRequest(req, res, gone));
  const closedAt = await closed;
  observe(options, req, handled, closedAt - startedAt, !res.writableFinished);
  connections.end();
}

/** The main line; a fault in it costs one request and is told, it never takes the process down. */
async function handledSafely(parts: ProxyParts, client: ClientRequest): Promise<Handled> {
  try {
    return await handleRequest(parts, client);
  } catch (error) {
    const message = 'the proxy failed to handle the request';
    parts.log.error({ request: client.id, error: describeError(error) }, message);
    if (client.res.headersSent) resetConnection(client.res);
    else answerError(client.res, { status: 500, code: 'FIG_PROXY_FAULT', message, requestId: client.id });
    return { status: 500, servedBy: 'legacy', reason: 'refused' };
  }
}

function observe(
  options: ProxyOptions,
  req: IncomingMessage,
  handled: Handled,
  tookMs: number,
  aborted: boolean,
): void {
  try {
    options.observe({ ...handled, method: req.method ?? 'GET', path: pathOf(req.url ?? '/'), tookMs, aborted });
  } catch (error) {
    options.log.error({ error: describeError(error) }, 'a finished request could not be observed');
  }
}

/** What is no HTTP gets 400 and a closed connection, but never in the middle of an answer. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex, connections: ClientConnections): void {
  if (error.code === 'ECONNRESET' || !socket.writable || connections.isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const reason =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

async function listen(server: Server, host: string, port: number): Promise<void> {
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

/** Stops listening, lets requests in flight finish, then closes whatever is left. */
async function stop(
  server: Server,
  connections: ClientConnections,
  upgraded: ReadonlySet<Duplex>,
  legacy: UpstreamPool,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  await withinTime(connections.whenEmpty(), graceMs);
  server.closeAllConnections();
  for (const socket of upgraded) socket.destroy();
  // Those that were just broken off still have to be reported; a candidate that hangs must not hold up the stop.
  await withinTime(connections.whenEmpty(), graceMs);
  legacy.destroy();
  await closed;
}

function refusePath(legacy: URL): void {
  if (legacy.pathname !== '/' || legacy.search !== '') {
    throw new FigError('FIG_CONFIG_INVALID', `the URL of the legacy app must have no path: ${legacy.href}`, {
      remedy: `Targets are forwarded exactly as they come; use ${legacy.origin}.`,
    });
  }
}

/** An address that a browser on this machine can open. */
function urlOf(host: string, port: number): string {
  const open = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
