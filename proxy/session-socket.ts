import type { Http2Session, Http2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** Node shows a session's socket through a stand-in only, which is not the one that was counted when it came in. */
const carriers = new WeakMap<Http2Session, Socket>();

/** Notes over which connection a session runs. */
export function carriedBy(session: Http2Session, socket: Socket): void {
  carriers.set(session, socket);
}

/** The connection a session runs over. */
export function carrierOf(session: Http2Session | undefined): Socket | undefined {
  return session === undefined ? undefined : carriers.get(session);
}

const reset = new WeakSet<Http2Stream>();

/** Ends a stream from our side. */
export function resetStream(stream: Http2Stream, code: number): void {
  reset.add(stream);
  stream.close(code);
}

/** Whether a stream ended before its answer was out, and not from our side. */
export function wasGivenUp(stream: Http2Stream): boolean {
  return stream.aborted && !reset.has(stream);
}
