import type { OutgoingHttpHeaders } from 'node:http';
import { Http2ServerResponse, constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Http2Question } from './http2-question.ts';
import { StreamSocket } from './stream-socket.ts';

/** Headers of an HTTP/1.1 connection, which an HTTP/2 message must not have (RFC 9113 section 8.2.2). */
const ofTheConnection = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Node throws where one of these stands twice, in trailers at nobody who could catch it; the first is what most clients take. */
const onlyOnce = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

/** An HTTP/2 answer that takes what an HTTP/1.1 one takes: a status message, and headers as a flat list. */
export class Http2Answer extends Http2ServerResponse<Http2Question> {
  #socket: Socket | undefined;

  constructor(stream: ServerHttp2Stream) {
    super(stream);
    // A client that still uploads is told to stop once it has its whole answer (RFC 9113 section 8.1).
    stream.once('finish', () => {
      setImmediate(() => {
        if (!stream.destroyed && !stream.endAfterHeaders && !stream.readableEnded) {
          stream.close(constants.NGHTTP2_NO_ERROR);
        }
      });
    });
  }

  // Accessors in node, but properties in its types, so that they cannot be overridden in the ordinary way.
  static {
    Object.defineProperties(this.prototype, {
      socket: {
        get(this: Http2Answer) {
          return (this.#socket ??= StreamSocket.of(this.stream));
        },
      },
      destroyed: {
        get(this: Http2Answer) {
          return this.stream.destroyed;
        },
      },
      /** False for a stream that was reset, although node then ends it: also by who says NO_ERROR and means the opposite. */
      writableFinished: {
        get(this: Http2Answer) {
          const { writableFinished, rstCode, aborted } = this.stream;
          return writableFinished && rstCode === constants.NGHTTP2_NO_ERROR && !aborted;
        },
      },
    });
  }

  override writeHead(status: number, ...more: (string | undefined | OutgoingHttpHeaders | readonly string[])[]): this {
    const headers = more.find((each) => typeof each === 'object');
    const lines = Array.isArray(headers) ? headers : Object.entries(headers ?? {}).flat();
    super.writeHead(status, http2Headers(lines));
    return this;
  }

  override addTrailers(trailers: OutgoingHttpHeaders | readonly (readonly [string, string])[]): void {
    const lines = Array.isArray(trailers) ? trailers.flat() : Object.entries(trailers).flat();
    super.addTrailers(http2Headers(lines));
  }

  /**
   * Any interim answer but 101, which HTTP/2 does not know (RFC 9113 section 8.6). Not named `writeInformation`: newer nodes
   * have one of another shape and call it themselves.
   */
  writeInterim(status: number, headers: readonly string[]): boolean {
    if (this.headersSent || this.stream.destroyed || status === 101) return false;
    this.stream.additionalHeaders({ ...http2Headers(headers), ':status': status });
    return true;
  }
}

/** Names in lower case, repeated lines under one name in their order, nothing of the connection. */
export function http2Headers(lines: readonly unknown[]): OutgoingHttpHeaders {
  const headers: Record<string, string | number | string[]> = {};
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = String(lines[i]).toLowerCase();
    if (ofTheConnection.has(name) || lines[i + 1] === undefined) continue;
    const value = lines[i + 1];
    const text = Array.isArray(value) ? value.map(String) : [String(value)];
    const before = headers[name];
    if (before === undefined) headers[name] = text.length === 1 ? text[0]! : text;
    else if (!onlyOnce.has(name)) headers[name] = [...[before].flat().map(String), ...text];
  }
  return headers;
}
