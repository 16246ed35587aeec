import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TrustRules } from '../src/config/edge-definition.ts';
import { timeoutsOf } from '../src/config/timeouts.ts';
import { defaultLimits, type ProxyLimits } from '../src/config/limits.ts';
import { FigError, describeError } from '../src/kernel/fig-error.ts';
import { CandidateDesk } from './ask-candidate.ts';
import { Breakers } from './breakers.ts';
import { ClientConnections } from './client-connections.ts';
import { faultOf, hasBody } from './client-request.ts';
import { drain } from './drain.ts';
import { HeldBodies } from './body-query/held-bodies.ts';
import type { ProxyParts } from './proxy-parts.ts';
import { isHeadTooLarge } from './head-size.ts';
import { CopyDesk } from './hand-copy.ts';
import { listen, urlOf } from './listen.ts';
import { openLegacyTls } from './legacy-tls.ts';
import { Load, type Refusal } from './load.ts';
import { originOf, type Origin } from './origin.ts';
import { openListener } from './open-listener.ts';
import { OwnWrites } from './own-writes.ts';
import type { Proxy, ProxyOptions } from './proxy-options.ts';
import { refuseMalformedHead, refuseRaw } from './refuse-load.ts';
import { pathOf } from './request-path.ts';
import { RouteTable } from './route-table.ts';
import { resetSocket } from './reset-socket.ts';
import { SecureServer } from './secure-server.ts';
import type { SeenRequest } from './seen-request.ts';
import { serveRequest, type ServingDesk } from './serve-request.ts';
import { SlowReaders } from './slow-readers.ts';
import { UpgradeTunnels, isWebSocketUpgrade, responseOn } from './upgrade-tunnel.ts';
import { compileTrust } from './trust.ts';
import { connectUpstream } from './upstream/connect-upstream.ts';
import { UpstreamPool } from './upstream/upstream-pool.ts';
import { upstreamHeaders, type IdentityRules } from './upstream-headers.ts';

/** Legacy apps send long lists of cookies; node's own 16 KiB is for what clients send. */
const MAX_UPSTREAM_HEADER_BYTES = 64 * 1024;

/**
 * Starts the routing proxy; resolves when it listens. Without features it is transparent and only observes. Throws
 * FIG_PORT_IN_USE, FIG_LISTEN_FAILED, FIG_CONFIG_INVALID, FIG_CERTIFICATE_INVALID.
 */
export async function startProxy(given: ProxyOptions): Promise<Proxy> {
  const options: ProxyOptions & {
    fenceBudgetMs: number;
    drainDelayMs?: number | undefined;
    stopGraceMs?: number | undefined;
  } = { ...given };
  refusePath(options.legacy);
  const timeouts = timeoutsOf(options.timeouts);
  const routes = new RouteTable(options.features);
  const connections = new ClientConnections();
  const pollMs = options.certificatePollMs ?? 60_000;
  const legacyTls = openLegacyTls(options.legacy, options.legacyTls ?? {}, pollMs, options.log);
  const legacy = new UpstreamPool({
    connect: () => connectUpstream(options.legacy, legacyTls.options()),
    connectTimeoutMs: timeouts.connectMs,
    headersTimeoutMs: timeouts.responseHeadersMs,
    bodyIdleMs: timeouts.responseBodyIdleMs,
    sendIdleMs: timeouts.requestBodyIdleMs,
    totalMs: timeouts.totalMs,
    maxConnections: Number.POSITIVE_INFINITY,
    maxWaiting: 0,
    maxHeadBytes: MAX_UPSTREAM_HEADER_BYTES,
  });
  const closeLegacy = (): void => {
    legacyTls.stop();
    legacy.destroy();
  };
  const load = new Load(options.limits ?? defaultLimits);
  const parts = partsOf(options, routes, legacy, load);
  const desk: ServingDesk = {
    parts,
    connections,
    began: options.began ?? (() => undefined),
    observe: safely(options),
  };
  const tunnels = new UpgradeTunnels({
    legacy: options.legacy,
    agent: legacyTls.agent,
    headersOf: (req) => upstreamHeaders(req.rawHeaders, parts.originOf(req), parts.identity, req.httpVersion),
    connectTimeoutMs: timeouts.connectMs,
    handshakeTimeoutMs: timeouts.responseHeadersMs,
    log: options.log,
    onHandshake: (req, status) => {
      const { method = 'GET', url = '/' } = req;
      const seen = { method, path: pathOf(url), status, servedBy: 'legacy', reason: 'upgrade' } as const;
      desk.observe({ ...seen, tookMs: 0, aborted: status === undefined });
    },
  });
  const upgraded = new Set<Duplex>();

  const { server, renewed } = await withoutLeak(closeLegacy, () =>
    openListener(
      options.tls,
      { keepAliveTimeout: 65_000, insecureHTTPParser: false, ...headLimits(load.limits) },
      pollMs,
      options.log,
      (socket) => {
        connections.watch(socket);
        load.connected(socket);
      },
      (socket) => load.accepted(socket),
    ),
  );
  // Node would drop the lines beyond its count in silence; ours are counted, and their bytes are bounded.
  server.maxHeadersCount = 0;
  // How long an upload may take is legacy's to say as well: the proxy holds next to nothing of it.
  server.requestTimeout = 0;
  const readers = new SlowReaders(() => connections.owing(), load.limits.answerTimeoutMs);
  if (server instanceof SecureServer) server.answerTimeoutMs = load.limits.answerTimeoutMs;
  server.on('timeout', (socket) => {
    if (readers.isWaiting(socket)) resetSocket(socket);
    else socket.destroy();
  });
  server.on('request', (req, res) => serveRequest(desk, req, res));
  // The upstream says whether the body is wanted: node would have asked for it at once.
  server.on('checkContinue', (req, res) => serveRequest(desk, req, res));
  // Other expectations are the upstream's to meet or to refuse (RFC 9110 section 10.1.1).
  server.on('checkExpectation', (req, res) => serveRequest(desk, req, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseMalformed(error, socket, connections, load));
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!(socket instanceof Socket)) return;
    if (load.isSurplus(socket)) {
      load.refuse('connections');
      refuseRaw(socket, 'connections');
      return;
    }
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    // Asked before an earlier answer on the connection is out, it waits for that: what it sends comes behind it.
    connections.whenAnswered(socket, () => {
      const isSound = faultOf(req, options.paths) === undefined && !isHeadTooLarge(req, load.limits);
      if (isSound && isWebSocketUpgrade(req)) {
        load.tunnelled(socket);
        tunnels.open(req, socket, head);
      }
      // Any other upgrade may be ignored (RFC 9110 section 7.8). Its body, if any, is lost to us by now.
      else if (!hasBody(req)) serveRequest(desk, req, responseOn(req, socket));
      else refuseToChange(socket);
    });
  });

  // Without a listener node closes the connection without a word, and with it what is owed on it.
  server.on('connect', (_, socket) => {
    socket.on('error', () => socket.destroy());
    connections.whenAnswered(socket, () => refuseToChange(socket));
  });

  await withoutLeak(
    closeLegacy,
    () => listen(server, options.host, options.port),
    () => {
      readers.stop();
      renewed?.stop();
    },
  );
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  let stopping: Promise<void> | undefined;
  return {
    name: 'proxy',
    port,
    url: urlOf(options.tls === undefined ? 'http' : 'https', options.host, port),
    get inFlight() {
      return connections.inFlight;
    },
    get isDraining() {
      return stopping !== undefined;
    },
    load: () => load.stats(),
    reconfigure: ({ limits, ...settings }) => {
      Object.assign(options, settings);
      load.change(limits);
      server.headersTimeout = limits.headersTimeoutMs;
      readers.change(limits.answerTimeoutMs);
      if (server instanceof SecureServer) server.answerTimeoutMs = limits.answerTimeoutMs;
      // Node reads it for every new connection, though its types do not know it.
      Object.assign(server, { maxHeaderSize: limits.headerBytes });
    },
    breakers: () => parts.breakers.states(),
    reloadCertificates: () => {
      renewed?.reload();
      legacyTls.reload();
    },
    stop: () => {
      renewed?.stop();
      legacyTls.stop();
      return (stopping ??= stop(server, connections, readers, upgraded, legacy, options));
    },
  };
}

/** A start that fails leaves nothing open behind. */
async function withoutLeak<T>(closeLegacy: () => void, step: () => T | Promise<T>, undo?: () => void): Promise<T> {
  try {
    return await step();
  } catch (error) {
    undo?.();
    closeLegacy();
    throw error;
  }
}

function partsOf(options: ProxyOptions, routes: RouteTable, legacy: UpstreamPool, load: Load): ProxyParts {
  const { log, routing, source, applied, fenceSecret } = options;
  const secureCookies = options.secureCookies ?? false;
  const { sourceLog, entryGraceMs, isRoutingFresh, fellows } = options;
  const ownWrites = new OwnWrites({
    source,
    sourceLog,
    applied,
    routing,
    get fenceBudgetMs() {
      return options.fenceBudgetMs;
    },
    entryGraceMs,
    isRoutingFresh,
    fellows,
    secret: fenceSecret,
    secureCookies,
    log,
  });
  ownWrites.learn(routing());
  return {
    legacy,
    routes,
    paths: options.paths ?? 'verbatim',
    identity: identityOf(options),
    routing,
    visitor: options.visitor,
    fenceSecret,
    ownWrites,
    isParked: options.isParked ?? (() => false),
    candidates: new CandidateDesk(options.candidate),
    breakers: new Breakers({ features: options.features, onOpen: options.onBreakerOpen ?? (() => undefined), log }),
    explain: options.explain ?? 'never',
    originOf: originReader(options.trust ?? {}),
    load,
    bodies: new HeldBodies(options.heldBodyBytes),
    copies: new CopyDesk(options.sink, options.captureLimitBytes ?? 1024 * 1024, log),
    log,
  };
}

function identityOf({ hostHeader = 'keep', legacy, via }: ProxyOptions): IdentityRules {
  const host = hostHeader === 'keep' ? undefined : hostHeader === 'replace' ? legacy.host : hostHeader;
  return { host, legacyHost: legacy.host, via };
}

function originReader(trust: TrustRules): (req: IncomingMessage) => Origin {
  const isTrusted = compileTrust(trust);
  const seen = new WeakMap<Socket, Origin>();
  return ({ socket, headers: { host }, rawHeaders }) => {
    // At the edge a connection says the same with every request.
    const before = isTrusted === undefined ? seen.get(socket) : undefined;
    if (before !== undefined && before.host === host) return before;
    const scheme = 'encrypted' in socket ? 'https' : 'http';
    const origin = originOf(isTrusted, trust.header, { address: socket.remoteAddress, host, scheme }, rawHeaders);
    seen.set(socket, origin);
    return origin;
  };
}

/** Whatever the observer does, the user was served. */
function safely({ observe, log }: ProxyOptions): (seen: SeenRequest) => void {
  return (seen) => {
    try {
      observe(seen);
    } catch (error) {
      log.error({ error: describeError(error) }, 'a finished request could not be observed');
    }
  };
}

/** Answers who asks for another protocol that is not to be had. A client that would not close its side is not waited for. */
function refuseToChange(socket: Duplex): void {
  const answer = 'HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
  socket.end(answer, () => socket.destroy());
}

/** What is no HTTP gets 400 and a closed connection, but never before or in an answer to something else. */
function refuseMalformed(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  connections: ClientConnections,
  load: Load,
): void {
  const rest = error.code === 'ECONNRESET' || !socket.writable ? 'broken' : connections.endBehindGarbage(socket);
  if (rest === 'owed' && !socket.readableEnded) return;
  if (rest !== 'free') {
    socket.destroy();
    return;
  }
  const refusal = refusalsByCode[error.code ?? ''];
  if (refusal !== undefined) {
    load.refuse(refusal);
    refuseRaw(socket, refusal);
    return;
  }
  refuseMalformedHead(socket);
}

const refusalsByCode: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: 'head-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'head-too-slow',
};

/** Node's own limits on heads; it looks for slow ones in an interval that must be short against the time they get. */
function headLimits({ headerBytes, headersTimeoutMs }: ProxyLimits): ServerOptions {
  return {
    maxHeaderSize: headerBytes,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.max(50, Math.min(1_000, headersTimeoutMs / 4)),
  };
}

async function stop(
  server: Server,
  connections: ClientConnections,
  readers: SlowReaders,
  upgraded: ReadonlySet<Duplex>,
  legacy: UpstreamPool,
  { drainDelayMs = 0, stopGraceMs = 5_000 }: ProxyOptions,
): Promise<void> {
  await drain(server, connections, upgraded, { drainDelayMs, stopGraceMs });
  readers.stop();
  legacy.destroy();
}

function refusePath(legacy: URL): void {
  if (legacy.pathname !== '/' || legacy.search !== '') {
    throw new FigError('FIG_CONFIG_INVALID', `the URL of the legacy app must have no path: ${legacy.href}`, {
      remedy: `Targets are forwarded exactly as they come; use ${legacy.origin}.`,
    });
  }
}
