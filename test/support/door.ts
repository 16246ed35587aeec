import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** A server behind a door that opens and shuts, and that another one may come to stand behind. */
export class Door {
  #target: { readonly port: number; readonly host: string };
  readonly #sockets = new Set<Socket>();
  readonly #silenced = new WeakSet<Socket>();
  #server: Server | undefined;
  port = 0;
  /** What comes out is let through in such pieces, ten in a second, from the next connection on. */
  trickle: number | undefined;

  constructor(target: { readonly port: number; readonly host: string }) {
    this.#target = target;
  }

  async open(): Promise<void> {
    const server = createServer((socket) => {
      const inner = connect(this.#target);
      for (const each of [socket, inner]) {
        this.#sockets.add(each);
        each.on('error', () => undefined);
        each.on('close', () => {
          this.#sockets.delete(each);
          if (this.#silenced.has(each)) return;
          socket.destroy();
          inner.destroy();
        });
      }
      socket.pipe(inner);
      if (this.trickle === undefined) inner.pipe(socket);
      else inner.pipe(trickling(this.trickle)).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** From the next connection on. */
  leadTo(target: { readonly port: number; readonly host: string }): void {
    this.#target = target;
  }

  /** Nothing comes through on the connections there are, and neither side is told: as when a cable is pulled. */
  silence(): void {
    for (const socket of this.#sockets) {
      this.#silenced.add(socket);
      socket.unpipe();
      socket.resume();
    }
  }

  async shut(): Promise<void> {
    const server = this.#server;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
    this.#server = undefined;
  }
}

function trickling(bytes: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback): void {
      let at = 0;
      const next = (): void => {
        this.push(chunk.subarray(at, (at += bytes)));
        setTimeout(at < chunk.length ? next : done, 100);
      };
      next();
    },
  });
}
