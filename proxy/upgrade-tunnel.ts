import { randomUUID } from 'node:crypto';
import { ServerResponse, type ClientRequest as OutgoingRequest, type IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import httpProxy from 'http-proxy';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import { answerError } from './answer.ts';
import { hasBody } from './client-request.ts';
import { endToEnd, filterHeaders } from './hop-by-hop.ts';
import { resetConnection } from './forward.ts';
import { joinTunnel, switchingHead } from './tunnel.ts';
import { upstreamFailure } from './upstream-failure.ts';

export interface UpgradeTunnelsOptions {
  readonly legacy: URL;
  /** Connects to a legacy that speaks https. */
  readonly agent: () => Agent | undefined;
  /** The headers of the handshake as legacy gets them, but for those that ask for the upgrade. */
  readonly headersOf: (req: IncomingMessage) => string[];
  /** How long a connection to legacy, with TLS if any, may take to be made; 0: for ever. */
  readonly connectTimeoutMs: number;
  /** How long legacy may take to accept or refuse an upgrade. */
  readonly handshakeTimeoutMs: number;
  readonly log: Log;
  /** Told once per upgrade: legacy's status, 502 or 504 when there was none, undefined when the client left before. */
  readonly onHandshake: (req: IncomingMessage, status: number | undefined) => void;
}

/**
 * WebSocket upgrades: legacy is asked first, and only its 101 turns the client's connection into a tunnel. http-proxy
 * opens the handshake; headers, target, answer and tunnel are seen to here, because it folds repeated headers and their
 * case, merges slashes, sends a de-chunked refusal under its chunked header, and leaves one side open when the other ends.
 */
export class UpgradeTunnels {
  readonly #options: UpgradeTunnelsOptions;
  readonly #proxy: httpProxy;

  constructor(options: UpgradeTunnelsOptions) {
    this.#options = options;
    const { protocol, hostname, port } = options.legacy;
    const host = hostname.replace(/^\[|\]$/g, '');
    this.#proxy = httpProxy.createProxyServer({
      target: { protocol, host, hostname: host, port: Number(port || (protocol === 'https:' ? 443 : 80)) },
      toProxy: true,
      ignorePath: true,
    });
    this.#proxy.on('proxyReqWs', (outgoing, req, socket) => this.#handshake(outgoing, req, socket));
  }

  /** The socket must have an `error` listener already. */
  open(req: IncomingMessage, socket: Socket, head: Buffer): void {
    const { agent, log } = this.#options;
    // Node tells by throwing what it does not take in a request head; that must not be the end of the process.
    try {
      this.#proxy.ws(req, socket, head, { agent: agent() }, (error) => {
        log.debug({ error: describeError(error) }, 'an upgrade ended with an error');
      });
    } catch (error) {
      log.warn({ error: describeError(error) }, 'an upgrade could not be passed on');
      socket.destroy();
    }
  }

  #handshake(outgoing: OutgoingRequest, req: IncomingMessage, socket: Socket): void {
    const { onHandshake, connectTimeoutMs, handshakeTimeoutMs } = this.#options;
    setHead(outgoing, req, this.#options.headersOf(req));
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const over = (status: number | undefined): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      onHandshake(req, status);
    };
    let isLate = false;
    let isConnected = false;
    const allow = (ms: number, what: string): void => {
      clearTimeout(timer);
      const late = (): void => {
        isLate = true;
        outgoing.destroy(new Error(what));
      };
      if (ms > 0 && !isOver) timer = setTimeout(late, ms);
    };
    allow(connectTimeoutMs, 'no connection for the upgrade in time');
    outgoing.once('socket', (upstream) => {
      upstream.once(upstream instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        isConnected = true;
        allow(handshakeTimeoutMs, 'no answer to the upgrade in time');
      });
    });
    socket.once('close', () => {
      over(undefined);
      outgoing.destroy();
    });
    outgoing.once('error', (error) => {
      if (isOver) return;
      const stage = isConnected ? 'response-headers' : 'connect';
      const { status, code, message, place } = upstreamFailure({ stage, kind: isLate ? 'timeout' : 'cut', error });
      over(status);
      const requestId = randomUUID();
      this.#options.log.warn({ code, request: requestId, ...place, error: describeError(error) }, message);
      if (socket.writable) answerError(responseOn(req, socket), { status, code, message, place, requestId });
    });
    // http-proxy adds its own listeners right after this; it must not write its version of the answer as well.
    process.nextTick(() => {
      outgoing.removeAllListeners('response');
      outgoing.removeAllListeners('upgrade');
      outgoing.once('response', (answer) => {
        over(answer.statusCode);
        relayRefusal(answer, req, socket);
      });
      outgoing.once('upgrade', (answer: IncomingMessage, upstream: Socket, early: Buffer) => {
        over(answer.statusCode);
        socket.write(switchingHead(answer), 'latin1');
        if (early.length > 0) upstream.unshift(early);
        joinTunnel(socket, upstream);
      });
    });
  }
}

/**
 * With a body, or an expectation about one, it could not be told whether legacy takes what follows for that body or for the
 * tunnel's first bytes. HTTP/1.0 has no upgrades.
 */
export function isWebSocketUpgrade(req: IncomingMessage): boolean {
  const { upgrade, expect } = req.headers;
  if (req.method !== 'GET' || req.httpVersion !== '1.1' || expect !== undefined) return false;
  return upgrade?.toLowerCase() === 'websocket' && !hasBody(req);
}

/** Replaces the folded headers and the tidied target with what the client sent. */
function setHead(outgoing: OutgoingRequest, req: IncomingMessage, headers: readonly string[]): void {
  outgoing.path = req.url ?? '/';
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  for (let i = 0; i < headers.length; i += 2) {
    // There is no body for trailers to follow, and node refuses to announce any.
    if (headers[i]!.toLowerCase() !== 'trailer') outgoing.appendHeader(headers[i]!, headers[i + 1]!);
  }
  outgoing.setHeader('Connection', 'Upgrade');
  outgoing.setHeader('Upgrade', req.headers.upgrade ?? 'websocket');
}

/** Passes legacy's refusal on as an ordinary answer, after which the connection closes. */
function relayRefusal(answer: IncomingMessage, req: IncomingMessage, socket: Socket): void {
  const res = responseOn(req, socket);
  answer.once('aborted', () => resetConnection(res));
  answer.on('error', () => resetConnection(res));
  try {
    res.sendDate = false;
    // Trailers are not passed on here, and node refuses to announce them where there can be none.
    const headers = filterHeaders(endToEnd(answer.rawHeaders), (name) => name !== 'trailer');
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
  } catch {
    socket.destroy();
    return;
  }
  answer.pipe(res);
}

/** An ordinary answer on a socket that node took for an upgrade. The socket closes behind it. */
export function responseOn(req: IncomingMessage, socket: Socket): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.once('finish', () => {
    res.detachSocket(socket);
    socket.destroySoon();
  });
  return res;
}
