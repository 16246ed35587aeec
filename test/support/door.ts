import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server behind a door that opens and shuts, and that another one may come to stand behind. */
export class Door {
  #target: { readonly port: number; readonly host: string };
  readonly #sockets = new Set<Socket>();
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
          socket.destroy();
          inner.destroy();
          this.#sockets.delete(each);
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

  async shut(): Promise<void> {
    const server = this.#server;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
    this.#server = undefined;
  }
}
