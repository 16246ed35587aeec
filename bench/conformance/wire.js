// Clients and upstreams that speak bytes: what goes over the wire is what is judged, not what a library makes of it.
import { connect, createServer } from 'node:net';
import { sleep } from '../load/sleep.js';

/** Whether the condition came to hold in time. @param {() => boolean} condition */
export async function within(condition, milliseconds = 1_500) {
  const until = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > until) return false;
    await sleep(3);
  }
  return true;
}

/** An upstream whose behaviour each check sets. */
export class ScriptedUpstream {
  #server;
  #sockets = new Set();
  #script = () => undefined;
  #epoch = 0;
  /** What arrived, one entry per connection, as latin1. */
  connections = [];
  port = 0;

  async start() {
    this.#server = createServer((socket) => this.#accept(socket));
    await new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    this.port = this.#server.address().port;
    return this;
  }

  /**
   * Forgets all that was, closes the connections, and behaves like this from now on: `script` is called with the
   * connection each time more has arrived on it.
   */
  async behave(script) {
    for (const socket of this.#sockets) socket.destroy();
    await within(() => this.#sockets.size === 0);
    // The proxy must have noticed as well, or it would send the next request into a dead connection.
    await sleep(30);
    this.connections = [];
    this.#epoch += 1;
    this.#script = script;
  }

  get received() {
    return this.connections.map(({ text }) => text).join('');
  }

  /** How many request lines arrived. */
  hits(pattern = /^[A-Z]+ \S+ HTTP\/1\.1\r$/gm) {
    return [...this.received.matchAll(pattern)].length;
  }

  /** Connections that carried a request and are still open. */
  get open() {
    return this.connections.filter(({ isClosed }) => !isClosed).length;
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #accept(socket) {
    // A proxy may open connections ahead of need, so one counts when something arrives on it.
    const connection = { text: '', socket, isClosed: false, answered: 0 };
    let epoch = -1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connection.isClosed = true;
      this.#sockets.delete(socket);
    });
    socket.on('data', (chunk) => {
      if (epoch !== this.#epoch) {
        epoch = this.#epoch;
        connection.text = '';
        this.connections.push(connection);
      }
      connection.text += chunk.toString('latin1');
      this.#script(connection);
    });
  }
}

/** A script that gives every complete head the same answer. @param {string} text */
export function answering(text) {
  return (connection) => {
    const heads = connection.text.split('\r\n\r\n').length - 1;
    if (connection.answered >= heads) return;
    connection.answered = heads;
    connection.socket.write(text, 'latin1');
  };
}

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A client connection. */
export class RawClient {
  text = '';
  isOver = false;
  #socket;

  /** @param {number} port @param {string} first */
  constructor(port, first = '') {
    this.#socket = connect({ port, host: '127.0.0.1' });
    this.#socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.isOver = true;
    });
    if (first !== '') this.send(first);
  }

  get socket() {
    return this.#socket;
  }

  send(text) {
    this.#socket.write(text, 'latin1');
  }

  /** Whether this part arrived in time. */
  receives(part, milliseconds = 1_500) {
    return within(() => this.text.includes(part) || this.isOver, milliseconds).then(() => this.text.includes(part));
  }

  /** The whole of a first answer, or whatever there is after a while. */
  async answer(milliseconds = 1_500) {
    await within(() => isWhole(this.text) || this.isOver, milliseconds);
    return this.text;
  }

  get statusLine() {
    return firstLine(this.text);
  }

  close() {
    this.#socket.destroy();
  }
}

export function firstLine(text) {
  return text.slice(0, Math.max(0, text.indexOf('\r\n'))) || '(nothing)';
}

/** Header lines of the first head in the text, lower-case names. */
export function headerLines(text) {
  const end = text.indexOf('\r\n\r\n');
  return text
    .slice(0, end < 0 ? text.length : end)
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const colon = line.indexOf(':');
      return { name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() };
    });
}

export function valuesOf(text, name) {
  return headerLines(text)
    .filter((line) => line.name === name)
    .map(({ value }) => value);
}

export function isRefused(text) {
  return /^HTTP\/1\.1 (?:4\d\d|501|505) /.test(text);
}

function isWhole(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = valuesOf(text, 'content-length')[0];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return text.endsWith('0\r\n\r\n');
}
