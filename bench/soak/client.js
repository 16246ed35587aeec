import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.js';

/** An answer that takes longer hangs. */
const LATE_MS = 30_000;

/**
 * @typedef {{ kind: 'whole', status: number, headers: Map<string, string>, body: Buffer, bytes: number, intact: boolean }} Whole
 * @typedef {Whole | { kind: 'cut', why: string, status?: number, bytes: number }
 *   | { kind: 'late', status?: number, bytes: number } | { kind: 'wrong', why: string }} Outcome
 */

/** @type {Set<Client>} */
const open = new Set();

/** What the connections that are still open were used for last. */
export function openClients() {
  return [...open].map((client) => client.lastUse);
}

/** A connection of a client, on which requests may be sent one behind the other without waiting. */
export class Client {
  #socket;
  #reader;
  /** Those whose answers are owed, in their order. */
  #owed = [];
  #isClosed = false;
  #isLast = false;
  #error = 'the connection was closed';
  #tunnel;
  lastUse = '';

  /** @param {number} port */
  constructor(port) {
    open.add(this);
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#reader = new AnswerReader({
      ask: () => this.#owed[0]?.method,
      interim: (status) => this.#owed[0]?.onInterim?.(status),
      head: (head) => this.#head(head),
      body: (chunk) => this.#body(chunk),
      end: () => this.#end(),
    });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('end', () => this.#reader.close());
    this.#socket.on('error', (error) => {
      this.#error = error.code ?? error.message;
    });
    this.#socket.on('close', () => this.#close());
  }

  /** Whether it can carry another request. */
  get isUsable() {
    return !this.#isClosed && !this.#isLast && this.#socket.writable && !this.#socket.readableEnded;
  }

  get socket() {
    return this.#socket;
  }

  /**
   * Sends a head (and body) and resolves with what came of it; never rejects.
   * @param {string} method @param {string | Buffer} bytes
   * @param {{ holds?: (offset: number, chunk: Buffer) => boolean, onHead?: (status: number) => void, onInterim?: (status: number) => void, onChunk?: (bytes: number) => void }} [more]
   * @returns {Promise<Outcome>}
   */
  send(method, bytes, more = {}) {
    return new Promise((resolve) => {
      const exchange = { method, bytes: 0, parts: [], intact: true, ...more, resolve: undefined };
      const timer = setTimeout(() => {
        exchange.resolve({ kind: 'late', status: exchange.head?.status, bytes: exchange.bytes });
        this.#socket.destroy();
      }, LATE_MS);
      exchange.resolve = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      if (this.#isClosed) {
        exchange.resolve({ kind: 'cut', why: this.#error, bytes: 0 });
        return;
      }
      this.#owed.push(exchange);
      this.lastUse = String(bytes).slice(0, 60).split('\r\n', 1)[0];
      this.#socket.write(bytes, 'latin1');
    });
  }

  /** More of a body; resolves when there is room for more, or nobody to take it. */
  async write(bytes) {
    if (this.#isClosed || this.#socket.write(bytes)) return;
    await new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.once('drain', done).once('close', done);
    });
  }

  /** Behind a 101: what comes is given to `onBytes`, at last nothing, when the connection has closed. */
  tunnel(onBytes) {
    this.#tunnel = onBytes;
    if (this.#reader.rest.length > 0) onBytes(this.#reader.rest);
    if (this.#isClosed) onBytes(undefined);
  }

  close() {
    this.#socket.destroy();
  }

  /** The rude way. */
  reset() {
    this.#socket.resetAndDestroy();
  }

  #read(chunk) {
    if (this.#tunnel) {
      this.#tunnel(chunk);
      return;
    }
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#owed.shift()?.resolve({ kind: 'wrong', why: error.message });
      this.#socket.destroy();
    }
  }

  #head(head) {
    const exchange = this.#owed[0];
    exchange.head = head;
    if (head.headers.get('connection')?.toLowerCase() === 'close') this.#isLast = true;
    exchange.onHead?.(head.status);
    if (head.status === 101) {
      this.#owed.shift();
      exchange.resolve({ kind: 'whole', ...head, body: Buffer.alloc(0), bytes: 0, intact: true });
    }
  }

  #body(chunk) {
    const exchange = this.#owed[0];
    if (exchange.holds && exchange.head.status === 200) exchange.intact &&= exchange.holds(exchange.bytes, chunk);
    else exchange.parts.push(chunk);
    exchange.bytes += chunk.length;
    exchange.onChunk?.(exchange.bytes);
  }

  #end() {
    const { head, parts, bytes, intact, resolve } = this.#owed.shift();
    resolve({ kind: 'whole', ...head, body: Buffer.concat(parts), bytes, intact });
  }

  #close() {
    this.#isClosed = true;
    open.delete(this);
    for (const { resolve, head, bytes } of this.#owed.splice(0)) {
      resolve({ kind: 'cut', why: this.#error, status: head?.status, bytes });
    }
    this.#tunnel?.(undefined);
  }
}
