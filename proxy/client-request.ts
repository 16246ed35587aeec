import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import type { ErrorCode } from '../src/kernel/error-codes.ts';
import type { PathPolicy } from '../src/config/edge-definition.ts';
import { nextRequestId } from './request-id.ts';
import { strictFault } from './request-path.ts';
import type { Gone } from './gone.ts';
import type { Origin } from './origin.ts';

/** A user's request while it is being answered. */
export interface ClientRequest {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly method: string;
  /** Path and query exactly as received. */
  readonly target: string;
  /** Who asks, and how, as far as it can be believed. */
  readonly origin: Origin;
  readonly hasBody: boolean;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** Aborts when the client is gone before its answer was complete. */
  readonly gone: Gone;
}

export function clientRequest(req: IncomingMessage, res: ServerResponse, gone: Gone, origin: Origin): ClientRequest {
  return {
    id: nextRequestId(),
    req,
    res,
    method: req.method ?? 'GET',
    target: req.url ?? '/',
    origin,
    hasBody: hasBody(req),
    askedAt: Date.now(),
    gone,
  };
}

export function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

export interface RequestFault {
  readonly status: number;
  readonly message: string;
  /** Default FIG_REQUEST_REFUSED. */
  readonly code?: ErrorCode | undefined;
}

/** What makes a request unfit to be forwarded: two readers could disagree about whom it asks or where it ends. */
export function faultOf(req: IncomingMessage, paths: PathPolicy = 'verbatim'): RequestFault | undefined {
  if (hasTwoHosts(req.rawHeaders)) {
    return { status: 400, message: 'the request has more than one Host header' };
  }
  const coding = req.headers['transfer-encoding'];
  // Servers of that version take what follows for another request (RFC 9112 section 6.1).
  if (coding !== undefined && req.httpVersion === '1.0') {
    return { status: 400, message: 'a request of HTTP/1.0 has no chunks' };
  }
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return { status: 501, message: 'only the transfer coding "chunked" is understood' };
  }
  if (req.url?.startsWith('/') !== true && !/^https?:\/\//i.test(req.url ?? '')) {
    return { status: 501, message: 'only targets that are a path or an http URL are forwarded' };
  }
  if (!isHost(req.headers.host) || !isOfHost(req.url, req.headers.host)) {
    return { status: 400, message: 'the request does not say plainly whom it asks' };
  }
  if (req.httpVersionMajor > 1 && !isSoundAuthority(req)) {
    return { status: 400, message: 'the request does not say plainly whom it asks for what' };
  }
  const fault = paths === 'strict' ? strictFault(req.url ?? '') : undefined;
  return fault === undefined ? undefined : { status: 400, message: fault, code: 'FIG_PATH_REFUSED' };
}

function hasTwoHosts(headers: RawHeaders): boolean {
  let hosts = 0;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length === 4 && headers[i]!.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** Whether it is one name that every server cuts in the same place. */
function isHost(host: string | undefined): boolean {
  return host === undefined || !/[\s,/?#@\\]/.test(host);
}

/** A target that names a host itself must name the one of the header: some servers heed the one, some the other. */
function isOfHost(target: string | undefined, host: string | undefined): boolean {
  if (host === undefined || target?.startsWith('/') === true) return true;
  const named = /^(https?):\/\/([^/?#\\]*)/i.exec(target ?? '');
  if (named === null) return true;
  const port = named[1]!.length === 4 ? /:80$/ : /:443$/;
  const plain = (name: string): string => name.toLowerCase().replace(port, '');
  return plain(named[2]!) === plain(host);
}

/** What HTTP/1.1's parser makes sure of: one host without user or spaces, and a target that fits its line. */
function isSoundAuthority(req: IncomingMessage): boolean {
  return /^[\w.:[\]-]+$/.test(req.headers.host ?? '') && /^[\x21-\x7e]+$/.test(req.url ?? '');
}

/** How the request says where its body ends. */
export function bodyKindOf(req: IncomingMessage): 'none' | 'length' | 'chunked' {
  if (req.headers['transfer-encoding'] !== undefined) return 'chunked';
  return hasBody(req) ? 'length' : 'none';
}
