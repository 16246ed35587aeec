import { Http2ServerRequest, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ReadableOptions } from 'node:stream';
import { StreamSocket } from './stream-socket.ts';

/**
 * An HTTP/2 request in the shape of an HTTP/1.1 one (RFC 9113 section 8.3.1): the authority is the Host, crumbs of cookies
 * are one line, and a body of unknown length is announced as one. nghttp2 has refused headers of a connection by then.
 */
export class Http2Question extends Http2ServerRequest {
  readonly #rawHeaders: string[];
  readonly #headers: IncomingHttpHeaders;
  readonly #socket: Socket;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ReadableOptions,
    rawHeaders: readonly string[],
  ) {
    super(stream, headers, options, rawHeaders);
    const isBodyOfUnknownLength = !stream.endAfterHeaders && headers['content-length'] === undefined;
    this.#rawHeaders = http1Headers(rawHeaders, isBodyOfUnknownLength);
    this.#headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
    const authority = headers[':authority'];
    if (authority !== undefined) this.#headers.host = authority;
    if (isBodyOfUnknownLength) this.#headers['transfer-encoding'] = 'chunked';
    this.#socket = StreamSocket.of(stream);
  }

  // Accessors in node, but properties in its types, so that they cannot be overridden in the ordinary way.
  static {
    Object.defineProperties(this.prototype, {
      rawHeaders: {
        get(this: Http2Question) {
          return this.#rawHeaders;
        },
      },
      headers: {
        get(this: Http2Question) {
          return this.#headers;
        },
      },
      socket: {
        get(this: Http2Question) {
          return this.#socket;
        },
      },
    });
  }
}

/**
 * The lines of an HTTP/1.1 request. A Host that is not the authority stays beside it, so that the request is refused like every
 * other with two of them.
 */
export function http1Headers(raw: readonly string[], isBodyOfUnknownLength: boolean): string[] {
  const lines: string[] = [];
  const crumbs: string[] = [];
  let authority: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (name === ':authority') authority = value;
    else if (name === 'cookie') crumbs.push(value);
    else if (!name.startsWith(':') && !(name === 'host' && value === authority)) lines.push(name, value);
  }
  if (authority !== undefined) lines.unshift('host', authority);
  if (crumbs.length > 0) lines.push('cookie', crumbs.join('; '));
  if (isBodyOfUnknownLength) lines.push('transfer-encoding', 'chunked');
  return lines;
}
