import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Gone } from './gone.ts';

/** Methods by which a client asks for no change (RFC 9110 section 9.2.1). */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

interface Pending {
  readonly res: ServerResponse;
  readonly gone: Gone;
}

/**
 * The answers that are owed on each client connection. Tells every one of them when the client is gone, also those that
 * wait behind another answer on the same connection, about which node itself says nothing.
 */
export class ClientConnections {
  /** Lists, not Sets, which would cost every request: see decision 0026. */
  readonly #pending = new Map<Duplex, Pending[]>();
  /** Closed behind the answers that are owed, whatever else comes on them. */
  readonly #ending = new WeakSet<Duplex>();
  readonly #onEmpty: (() => void)[] = [];
  #count = 0;
  #isClosing = false;

  get inFlight(): number {
    return this.#count;
  }

  watch(socket: Socket): void {
    const pending: Pending[] = [];
    this.#pending.set(socket, pending);
    socket.once('close', () => {
      this.#pending.delete(socket);
      for (const { gone } of pending.splice(0)) gone.abort();
    });
  }

  /**
   * Counts a request until `end` is called for it, which must be once. What it returns aborts when the client is gone before
   * its answer was complete; `onClosed` is called, once, when the answer is out or the client is gone.
   */
  begin(req: IncomingMessage, res: ServerResponse, onClosed: () => void): Gone {
    const gone = new Gone();
    const entry: Pending = { res, gone };
    const pending = this.#pending.get(req.socket);
    pending?.push(entry);
    this.#count += 1;
    // The client may have more to ask on this connection; it learns from the answer that it has to go elsewhere.
    if (this.#isClosing) res.shouldKeepAlive = false;
    let isClosed = false;
    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      if (pending) remove(pending, entry);
      // Its head went out before it could say so.
      if (this.#isClosing && pending?.length === 0 && res.writableFinished) destroySoon(req.socket);
      onClosed();
    };
    gone.onAbort(close);
    res.on('close', () => {
      if (res.writableFinished) close();
      else gone.abort();
    });
    return gone;
  }

  /**
   * Calls back when a request that was begun may be handled: at once, or, when it came behind others on its connection and any
   * of them may change something, when those are answered (RFC 9112 section 9.3.2). Then, or when the client is gone.
   */
  inTurn({ socket }: IncomingMessage, gone: Gone, go: () => void): void {
    const pending = this.#pending.get(socket);
    if (pending === undefined || pending.length < 2 || pending.every(({ res }) => safe.has(res.req.method ?? ''))) {
      go();
      return;
    }
    let isDue = true;
    const once = (): void => {
      if (isDue) go();
      isDue = false;
    };
    // Its own is the last. Where the answer before it closes the connection, the client is as good as gone.
    pending.at(-2)!.res.once('close', () => {
      if (socket.writable) once();
    });
    gone.onAbort(once);
  }

  end(): void {
    this.#count -= 1;
    if (this.#count === 0) for (const wake of this.#onEmpty.splice(0)) wake();
  }

  /** The connections on which an answer is owed. */
  *owing(): Iterable<Socket> {
    for (const [socket, pending] of this.#pending) if (pending.length > 0 && socket instanceof Socket) yield socket;
  }

  /**
   * What may still be said on a connection on which something came that is no request. `owed`: what was asked before it is
   * answered, and then the connection is closed. `free`: nothing has been said yet in answer to it.
   */
  endBehindGarbage(socket: Duplex): 'owed' | 'broken' | 'free' {
    const pending = this.#pending.get(socket) ?? [];
    const last = pending.at(-1);
    if (last === undefined) return 'free';
    // It is the body of the last request that is garbled.
    if (!last.res.req.complete) return pending.length > 1 || last.res.headersSent ? 'broken' : 'free';
    last.res.shouldKeepAlive = false;
    // It may be told again and again, and the head may have gone out already.
    if (!this.#ending.has(socket)) this.whenAnswered(socket, () => socket.destroy());
    this.#ending.add(socket);
    return 'owed';
  }

  /** Calls back when every answer that is owed on the connection is out; at once when none is. Never for one that broke. */
  whenAnswered(socket: Duplex, go: () => void): void {
    const last = this.#pending.get(socket)?.at(-1);
    if (last === undefined) go();
    else
      last.res.once('close', () => {
        if (!socket.destroyed) go();
      });
  }

  /** From now on every connection is closed behind the answer that is owed on it. */
  closeBehindAnswers(): void {
    this.#isClosing = true;
    for (const pending of this.#pending.values()) {
      const last = pending.at(-1);
      if (last && !last.res.headersSent) last.res.shouldKeepAlive = false;
    }
  }

  /** Closes the connections on which nothing was ever asked, which node does not count as idle. */
  closeUnused(): void {
    for (const [socket, pending] of this.#pending) {
      if (pending.length === 0 && socket instanceof Socket && socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Resolves when no request is in flight. */
  async whenEmpty(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty.push(resolve);
    });
  }
}

function destroySoon(socket: Socket): void {
  if (!socket.destroyed) socket.destroySoon();
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at !== -1) list.splice(at, 1);
}
