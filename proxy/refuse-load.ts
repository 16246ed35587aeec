import type { Duplex } from 'node:stream';
import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../src/kernel/error-codes.ts';
import { answerError } from './answer.ts';
import { discardRest } from './discard-rest.ts';
import type { ClientRequest } from './client-request.ts';
import { resetConnection } from './forward.ts';
import type { Load, Refusal } from './load.ts';
import type { Handled } from './seen-request.ts';

interface RefusalAnswer {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const overloaded = { status: 503, code: 'FIG_OVERLOADED' } as const;
const answers: Readonly<Record<Refusal, RefusalAnswer>> = {
  connections: { ...overloaded, message: 'the proxy has as many connections as it may have; try again' },
  'in-flight': { ...overloaded, message: 'the proxy has as many requests in flight as it may have; try again' },
  'upstream-busy': { ...overloaded, message: 'the application is busy with other requests; try again' },
  'head-too-large': { status: 431, code: 'FIG_REQUEST_TOO_LARGE', message: 'the request has too many header fields' },
  'head-too-slow': { status: 408, code: 'FIG_REQUEST_TOO_SLOW', message: 'the request header did not arrive in time' },
  'body-too-large': { status: 413, code: 'FIG_REQUEST_TOO_LARGE', message: 'the body of the request is too large' },
  'body-too-slow': { status: 408, code: 'FIG_REQUEST_TOO_SLOW', message: 'the body of the request came too slowly' },
};
const RETRY_AFTER_SECONDS = '1';

/** Turns a request away: at once, with the reason, and without a look at what is still to come of it. */
export function refuseLoad(load: Load, client: ClientRequest, refusal: Refusal): Handled {
  const { status, code, message } = answers[refusal];
  const { res, req, id, hasBody } = client;
  load.refuse(refusal);
  if (res.headersSent) resetConnection(res);
  else if (!res.destroyed) {
    // A body that nobody wants, or a client that dawdles, is not waited for; nor is a connection kept that is one too many.
    if (hasBody || status !== 503 || refusal === 'connections') res.shouldKeepAlive = false;
    if (status === 503) res.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    answerError(res, { status, code, message, requestId: id });
    if (refusal === 'body-too-slow') closeBehind(res);
    else if (hasBody) discardRest(req);
  }
  return { status, servedBy: 'legacy', reason: refusal };
}

/** Writes a refusal to a connection on which no request could be read, and closes it. */
export function refuseRaw(socket: Duplex, refusal: Refusal): void {
  answerRaw(socket, answers[refusal]);
}

/** Tells a client whose bytes are no request at all. */
export function refuseMalformedHead(socket: Duplex): void {
  answerRaw(socket, { status: 400, code: 'FIG_REQUEST_REFUSED', message: 'the request is not proper HTTP/1.1' });
}

function answerRaw(socket: Duplex, { status, code, message }: RefusalAnswer): void {
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  const retry = status === 503 ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n` : '';
  const head = `HTTP/1.1 ${status} ${reasonPhrases[status]}\r\n${retry}Content-Type: application/json; charset=utf-8\r\n`;
  socket.end(
    `${head}Cache-Control: no-store\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};

/** A client that dawdled gets its answer, but no more time. */
function closeBehind(res: ServerResponse): void {
  const { socket } = res;
  res.once('finish', () => socket?.destroySoon());
}
