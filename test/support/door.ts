import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server behind a door that opens and shuts, and that another one may come to stand behind. */
export class Door {
  #target: { readonly port: number; readonly host: string };
  readonly #sockets = new Set<Socket>();
  readonly #silenced = new WeakSet<Socket>();
  #server: Server | undefined;
  port = 0;

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
      socket.pipe(inner).pipe(socket);
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
