import type { Socket } from 'node:net';
import { MalformedResponse, type ResponseHead } from './response-head.ts';
import { ResponseParser, type ResponseEvents } from './response-parser.ts';
import type { ReadBuffer } from './read-buffer.ts';
import { trailerLines } from './request-head.ts';
import { countTaken } from './taken-memory.ts';
import type { UpstreamFault, UpstreamHandler, UpstreamRequest } from './upstream-exchange.ts';

/** Milliseconds; 0: none. */
export interface ConnectionLimits {
  /** From the end of the request to the head of its answer, and again after each interim answer. */
  readonly headersTimeoutMs: number;
  /** Between two parts of an answer's body; not for event streams. */
  readonly bodyIdleMs: number;
  /** Without taking in any more of the request's body. */
  readonly sendIdleMs: number;
  readonly maxHeadBytes: number;
}

/** What the owner of connections is told. */
export interface ConnectionOwner<User> {
  /** The exchange is over and the connection can carry another. */
  onIdle(connection: UpstreamConnection<User>): void;
  /** The connection is gone; `request` is what it carried when not a byte of an answer had come and it may be sent anew. */
  onClosed(connection: UpstreamConnection<User>): void;
  /** Asked when a connection breaks before a byte of the answer came. True: the owner sends the request again. */
  onUnanswered(connection: UpstreamConnection<User>, fault: UpstreamFault): boolean;
}

/** One connection to the upstream, which carries one exchange at a time. `User` is what its owner calls that exchange. */
export class UpstreamConnection<User> implements ResponseEvents {
  readonly #socket: Socket;
  readonly #reads: ReadBuffer | undefined;
  readonly #owner: ConnectionOwner<User>;
  readonly #limits: ConnectionLimits;
  #parser: ResponseParser | undefined;
  #handler: UpstreamHandler | undefined;
  #request: UpstreamRequest | undefined;
  #head: ResponseHead | undefined;
  #isSent = false;
  #hasHeard = false;
  #isClosed = false;
  #keepsAlive = true;
  /** Whose exchange it carries; the owner's to set. Not a Map of the owner's: see decision 0026. */
  user: User | undefined;
  /** `performance.now()` at which it is overdue. */
  deadline = Number.POSITIVE_INFINITY;
  /** How many exchanges it has carried, the present one included. */
  carried = 0;
  /** `performance.now()` of the moment it became idle. */
  idleSince = 0;
  /** Seconds the upstream said it keeps an idle connection. */
  keepAliveSeconds: number | undefined;

  /** Takes over a connected socket. */
  constructor(
    { socket, reads }: { readonly socket: Socket; readonly reads: ReadBuffer | undefined },
    limits: ConnectionLimits,
    owner: ConnectionOwner<User>,
  ) {
    this.#socket = socket;
    this.#reads = reads;
    this.#limits = limits;
    this.#owner = owner;
    if (reads) reads.listen((bytes) => this.#read(bytes));
    else
      socket.on('data', (bytes: Buffer) => {
        this.#read(bytes);
        countTaken(bytes.length);
      });
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#close({ kind: 'cut', error }));
    socket.on('close', () => this.#close({ kind: 'cut', error: new Error('the upstream closed the connection') }));
  }

  /** Whether the answer under way is an event stream, which may be silent and go on for as long as it likes. */
  get isStreaming(): boolean {
    return this.#head?.isEventStream === true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Begins an exchange; the connection must be idle. `head` is the request head as latin1 text. */
  begin(request: UpstreamRequest, head: string, handler: UpstreamHandler): void {
    this.carried += 1;
    this.#request = request;
    this.#handler = handler;
    this.#head = undefined;
    this.#hasHeard = false;
    this.#isSent = request.body === 'none';
    this.#parser = new ResponseParser(request.method, this, this.#limits.maxHeadBytes);
    this.#await(this.#isSent ? this.#limits.headersTimeoutMs : 0);
    this.#socket.write(head, 'latin1');
    // Not before `send` has returned, or the caller would be asked for a body while it has nothing to send it with.
    if (!this.#isSent) queueMicrotask(() => handler === this.#handler && handler.onDrain());
  }

  write(chunk: Buffer): boolean {
    if (this.#handler === undefined || this.#isSent || chunk.length === 0) return true;
    if (this.#request!.body === 'length') {
      this.#socket.write(chunk);
      return this.#taken();
    }
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(chunk);
    this.#socket.write('\r\n', 'latin1');
    this.#socket.uncork();
    return this.#taken();
  }

  finish(trailers: readonly string[]): void {
    if (this.#handler === undefined || this.#isSent) return;
    if (this.#request!.body === 'chunked') this.#socket.write(`0\r\n${trailerLines(trailers)}`, 'latin1');
    this.#isSent = true;
    if (this.#head === undefined) this.#await(this.#limits.headersTimeoutMs);
  }

  /** Ends the exchange, told to nobody. */
  abort(): void {
    this.#handler = undefined;
    this.destroy();
  }

  destroy(): void {
    this.#close({ kind: 'closed', error: new Error('the connection was given up') });
  }

  pause(): void {
    this.#socket.pause();
    this.deadline = Number.POSITIVE_INFINITY;
  }

  resume(): void {
    this.#socket.resume();
    if (this.#head) this.#await(this.#limits.bodyIdleMs);
  }

  /** The owner's clock has found the deadline behind it. */
  overdue(): void {
    // Looked at here and not at every head, because it hardly ever matters.
    if (this.isStreaming) {
      this.deadline = Number.POSITIVE_INFINITY;
      return;
    }
    const what = { 'request-body': 'took no more of the request', 'response-headers': 'did not answer' } as const;
    const stage = this.#stage;
    const did = stage === 'response-body' ? 'sent nothing more of its answer' : what[stage];
    this.#close({ kind: 'timeout', error: new Error(`the upstream ${did} in time`) });
  }

  /** The time for the whole exchange is over. */
  overtime(error: Error): void {
    if (!this.isStreaming) this.#close({ kind: 'overtime', error });
  }

  onInterim(head: ResponseHead): void {
    if (this.#isSent) this.#await(this.#limits.headersTimeoutMs);
    this.#handler?.onInterim(head);
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.keepAliveSeconds = head.keepAliveSeconds;
    if (!head.keepsAlive) this.#keepsAlive = false;
    this.#await(this.#limits.bodyIdleMs);
    this.#handler?.onHead(head);
  }

  onBody(chunk: Buffer, isLast: boolean): void {
    if (this.#limits.bodyIdleMs > 0 && this.deadline !== Number.POSITIVE_INFINITY) this.#await(this.#limits.bodyIdleMs);
    this.#handler?.onBody(chunk, isLast);
  }

  onEnd(trailers: readonly string[]): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.deadline = Number.POSITIVE_INFINITY;
    // An answer that came before the request was out leaves a connection in the middle of a request.
    if (!this.#isSent) this.#keepsAlive = false;
    handler?.onEnd(trailers);
  }

  /** Returns whether some of the bytes are in use still. */
  #read(bytes: Buffer): boolean {
    if (this.#isClosed) return false;
    this.#hasHeard = true;
    const handler = this.#handler;
    try {
      if (this.#parser === undefined) throw new MalformedResponse('bytes that no request has asked for');
      this.#parser.push(bytes);
    } catch (error) {
      if (!(error instanceof MalformedResponse)) throw error;
      this.#close({ kind: 'malformed', error });
    }
    const isInUse = handler?.onRead() ?? false;
    if (!this.#isClosed) this.#afterRead();
    return isInUse;
  }

  #afterRead(): void {
    if (this.#parser?.isDone !== true) {
      this.#handler?.onQuiet();
      return;
    }
    this.#parser = undefined;
    this.#request = undefined;
    if (!this.#keepsAlive) {
      this.destroy();
      return;
    }
    // Whoever paused it in the end of a body need not come back to it.
    this.#socket.resume();
    this.#reads?.rest();
    this.#owner.onIdle(this);
  }

  #ended(): void {
    if (this.#isClosed) return;
    const isComplete = this.#parser?.close() ?? true;
    const error = new Error(isComplete ? 'the upstream ended the connection' : 'the upstream broke off its answer');
    this.#close({ kind: 'cut', error });
  }

  #close({ kind, error }: Pick<UpstreamFault, 'kind' | 'error'>): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#socket.destroy();
    const handler = this.#handler;
    this.#handler = undefined;
    if (handler) {
      const fault: UpstreamFault = { stage: this.#stage, kind, error };
      if (this.#hasHeard || kind !== 'cut' || !this.#owner.onUnanswered(this, fault)) handler.onFailure(fault);
    }
    this.#owner.onClosed(this);
  }

  get #stage(): 'request-body' | 'response-headers' | 'response-body' {
    return this.#head ? 'response-body' : this.#isSent ? 'response-headers' : 'request-body';
  }

  /** While the upstream takes nothing, its time runs; while it waits for the client's bytes, it does not. */
  #taken(): boolean {
    // Node asks for a pause after every large chunk, even if it is with the kernel already. Where it did not ask, it will not
    // say when to go on either, so what it holds of a small chunk is not waited for.
    const hasRoom = !this.#socket.writableNeedDrain || this.#socket.writableLength === 0;
    if (!hasRoom && !this.#head) this.#await(this.#limits.sendIdleMs);
    return hasRoom;
  }

  #drained(): void {
    if (!this.#isSent && !this.#head) this.deadline = Number.POSITIVE_INFINITY;
    this.#handler?.onDrain();
  }

  #await(ms: number): void {
    this.deadline = ms > 0 ? performance.now() + ms : Number.POSITIVE_INFINITY;
  }
}
