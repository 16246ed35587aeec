import { constants, createServer as createHttp2Server, type Http2Session, type Http2Stream } from 'node:http2';
import type { ServerOptions } from 'node:http';
import { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ListenTls } from '../src/config/edge-definition.ts';
import type { TlsMaterial } from '../src/config/tls-material.ts';
import { Http2Answer } from './http2-answer.ts';
import { Http2Question } from './http2-question.ts';
import { ResetBudget } from './reset-budget.ts';
import { carriedBy, carrierOf, resetStream, wasGivenUp } from './session-socket.ts';

const HANDSHAKE_MS = 10_000;
/** A session on which nothing happens and nothing is asked is closed. */
const IDLE_SESSION_MS = 65_000;
/** What node has to say to an HTTP/2 client that is being cut off gets so long to go out. */
const LAST_WORDS_MS = 5_000;
const MAX_STREAMS = 128;
/** Browsers send each cookie as a line of its own. */
const MAX_HEADER_LINES = 512;

/**
 * An https server that speaks HTTP/1.1 and, to clients that offer it (ALPN, RFC 7301), HTTP/2 (RFC 9113). Requests of both
 * arrive as `request` events with the same shape, so that nothing behind it needs to know.
 */
export class SecureServer extends Server {
  readonly #tls: ListenTls;
  readonly #sessions = new Set<Http2Session>();
  /** Connections whose handshake is not done, by their other end: nobody else knows of them. */
  readonly #handshakes = new Map<string, Socket>();
  #isClosing = false;
  /** Milliseconds in which a client of HTTP/2 takes nothing of an answer that waits for it; 0: for ever. */
  answerTimeoutMs = 0;

  constructor(options: ServerOptions, tls: ListenTls, material: TlsMaterial) {
    const offersHttp2 = tls.http2 ?? true;
    super({
      ...options,
      ...contextOf(tls, material),
      requestCert: material.ca !== undefined,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MS,
      ALPNProtocols: offersHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    });
    this.#tls = tls;
    this.on('connection', (socket: Socket) => {
      const end = otherEndOf(socket);
      this.#handshakes.set(end, socket);
      socket.once('close', () => {
        if (this.#handshakes.get(end) === socket) this.#handshakes.delete(end);
      });
    });
    // Without a listener, a handshake that fails would leave its connection open.
    this.on('tlsClientError', (_, socket) => socket.destroy());
    if (offersHttp2) this.#routeByProtocol(options);
    this.on('secureConnection', (socket) => this.#handshakes.delete(otherEndOf(socket)));
  }

  /** New connections get this certificate; those that are open keep theirs. */
  renew(material: TlsMaterial): void {
    this.setSecureContext(contextOf(this.#tls, material));
  }

  /** HTTP/2 clients are told to go; what they have asked is still answered. */
  override closeIdleConnections(): void {
    super.closeIdleConnections();
    this.#isClosing = true;
    for (const session of this.#sessions) session.close();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const session of this.#sessions) {
      session.destroy();
      cutIfStuck(session, session);
    }
    for (const socket of this.#handshakes.values()) socket.destroy();
  }

  #routeByProtocol(options: ServerOptions): void {
    const http2 = this.#http2Server(options);
    // What node put there for HTTP/1.1.
    const listeners = this.listeners('secureConnection');
    this.removeAllListeners('secureConnection');
    this.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') {
        http2.once('session', (session) => carriedBy(session, socket));
        http2.emit('connection', socket);
      } else for (const listener of listeners) listener.call(this, socket);
    });
  }

  #http2Server({ maxHeaderSize, headersTimeout }: ServerOptions) {
    const server = createHttp2Server({
      Http2ServerRequest: Http2Question,
      Http2ServerResponse: Http2Answer,
      maxHeaderListPairs: MAX_HEADER_LINES,
      settings: {
        maxConcurrentStreams: MAX_STREAMS,
        ...(maxHeaderSize === undefined ? {} : { maxHeaderListSize: maxHeaderSize }),
        enableConnectProtocol: false,
      },
    });
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      session.on('error', () => session.destroy());
      // As over HTTP/1.1, a connection has so long to ask for something; a head that trickles in is not asking yet.
      const silent = setTimeout(() => session.close(), headersTimeout ?? IDLE_SESSION_MS);
      session.once('stream', () => clearTimeout(silent));
      session.once('close', () => clearTimeout(silent));
      const resets = new ResetBudget();
      let streams = 0;
      session.on('stream', (stream) => {
        streams += 1;
        stream.setTimeout(this.answerTimeoutMs, () => {
          if (stream.writableLength === 0) return;
          resetStream(stream, constants.NGHTTP2_CANCEL);
          cutIfStuck(stream, session);
        });
        stream.once('close', () => {
          streams -= 1;
          if (session.destroyed || !wasGivenUp(stream) || resets.spend(performance.now())) return;
          session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
          session.destroy();
          cutIfStuck(session, session);
        });
      });
      session.setTimeout(IDLE_SESSION_MS, () => {
        if (streams === 0) session.close();
      });
      if (this.#isClosing) session.close();
    });
    server.on('sessionError', () => undefined);
    // A question that is taken back in the same breath is not passed on: legacy would pay for it.
    const ask = (event: 'request' | 'checkContinue', question: Http2Question, answer: Http2Answer): void => {
      setImmediate(() => {
        if (!answer.stream.closed && !answer.stream.destroyed) this.emit(event, question, answer);
      });
    };
    server.on('request', (question, answer) => ask('request', question, answer));
    server.on('checkContinue', (question, answer) => ask('checkContinue', question, answer));
    return server;
  }
}

/** Node holds back the end of a stream or session until what it wrote is gone, for ever where the client reads nothing. */
function cutIfStuck(ending: Http2Session | Http2Stream, session: Http2Session | undefined): void {
  const carrier = carrierOf(session);
  const timer = setTimeout(() => carrier?.destroy(), LAST_WORDS_MS);
  ending.once('close', () => clearTimeout(timer));
}

function otherEndOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function contextOf(tls: ListenTls, { cert, key, ca }: TlsMaterial) {
  return {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: tls.minVersion ?? 'TLSv1.2',
    honorCipherOrder: true,
  } as const;
}
