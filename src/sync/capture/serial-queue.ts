/** Runs tasks one after the other, in the order they were given. A failed task fails its caller only. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task, task);
    this.#tail = result;
    // The caller handles the failure; the queue only waits for the end.
    this.#tail.catch(() => undefined);
    return result;
  }
}
