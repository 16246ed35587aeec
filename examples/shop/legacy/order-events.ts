import { EventEmitter } from 'node:events';

export interface OrderWrite {
  readonly id: number;
  readonly what: 'created' | 'updated' | 'paid' | 'shipped' | 'cancelled' | 'deleted';
}

/** Tells the live feeds of this process about writes to orders. */
export class OrderEvents {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  publish(write: OrderWrite): void {
    this.#emitter.emit('write', write);
  }

  /** Returns how to stop listening. */
  subscribe(listener: (write: OrderWrite) => void): () => void {
    this.#emitter.on('write', listener);
    return () => this.#emitter.off('write', listener);
  }
}
