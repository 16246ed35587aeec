import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { peerAddress } from './upstream-headers.ts';

/** A user's request while it is being answered. */
export interface ClientRequest {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly method: string;
  /** Path and query exactly as received. */
  readonly target: string;
  readonly address: string;
  readonly hasBody: boolean;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** Aborts when the client is gone before its answer was complete. */
  readonly gone: AbortSignal;
}

export function clientRequest(req: IncomingMessage, res: ServerResponse, gone: AbortSignal): ClientRequest {
  return {
    id: randomUUID(),
    req,
    res,
    method: req.method ?? 'GET',
    target: req.url ?? '/',
    address: peerAddress(req.socket.remoteAddress),
    hasBody: hasBody(req),
    askedAt: Date.now(),
    gone,
  };
}

export function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** What makes a request unfit to be forwarded: two readers could disagree about whom it asks or where it ends. */
export function faultOf(req: IncomingMessage): { readonly status: number; readonly message: string } | undefined {
  const names = req.rawHeaders.filter((_, index) => index % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'host').length > 1) {
    return { status: 400, message: 'the request has more than one Host header' };
  }
  const coding = req.headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return { status: 501, message: 'only the transfer coding "chunked" is understood' };
  }
  if (!/^(?:\/|https?:\/\/)/i.test(req.url ?? '')) {
    return { status: 501, message: 'only targets that are a path or an http URL are forwarded' };
  }
  return undefined;
}

/** How the request says where its body ends. */
export function bodyKindOf(req: IncomingMessage): 'none' | 'length' | 'chunked' {
  if (req.headers['transfer-encoding'] !== undefined) return 'chunked';
  return hasBody(req) ? 'length' : 'none';
}
