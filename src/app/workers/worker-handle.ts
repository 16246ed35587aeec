import type { Worker } from 'node:cluster';
import type { Log } from '../../kernel/log.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { sleep } from '../../kernel/service.ts';
import { cutLostConnections } from './lost-connections.ts';
import type { FromProxyWorker, ToProxyWorker, WorkerJob, WorkerReport } from './protocol.ts';

/** What a worker may take to answer a question about itself before its last known answer is used. */
const ANSWER_MS = 1_000;
const SILENCE_LOOK_MS = 10;

/** One worker process, as the primary knows it. */
export class WorkerHandle {
  readonly startedAt = performance.now();
  readonly exited: Promise<number | null>;
  /** Its process has ended, and everything that it sent has been heard. */
  readonly silenced: Promise<void>;
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #asking = new Set<() => void>();
  #report: WorkerReport | undefined;
  #isServing = false;
  #hasServed = false;
  #hasExited = false;
  #heardAt = performance.now();

  constructor(worker: Worker, log: Log) {
    this.#worker = worker;
    this.#log = log;
    worker.on('message', (message: FromProxyWorker) => this.#hear(message));
    // A message to a worker that has just died; its exit is what tells.
    worker.on('error', () => undefined);
    cutLostConnections(worker.process);
    this.exited = new Promise((resolve) => {
      worker.once('exit', (code: number | null) => {
        this.#isServing = false;
        this.#hasExited = true;
        this.#wake();
        resolve(code);
      });
    });
    this.silenced = this.#untilSilent();
  }

  /** The same for as long as its process lives, and never again. */
  get id(): number {
    return this.#worker.id;
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  /** Whether it got so far, also when it is gone. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Milliseconds since it last said anything. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** The last known report; kept when the worker is gone. */
  get lastReport(): WorkerReport | undefined {
    return this.#report;
  }

  /** Told of everything it says that has no meaning here. */
  listen(hear: (message: FromProxyWorker) => void): void {
    this.#worker.on('message', hear);
  }

  /**
   * Resolves with its address when it serves. Throws what it failed with, or FIG_WORKER_DIED. `job` is asked when the worker
   * is ready to be told.
   */
  async start(job: () => WorkerJob): Promise<string> {
    const listening = new Promise<string>((resolve, reject) => {
      this.#worker.on('message', (message: FromProxyWorker) => {
        if (message.type === 'ready') this.send({ type: 'start', job: job() });
        if (message.type === 'listening') {
          this.#hasServed = true;
          resolve(message.url);
        }
        if (message.type === 'failed') reject(failure(message));
      });
      void this.exited.then((code) =>
        reject(new FigError('FIG_WORKER_DIED', `a worker ended with code ${code} before it served`)),
      );
    });
    const url = await listening;
    this.#isServing = !this.#hasExited;
    return url;
  }

  send(message: ToProxyWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  /** A fresh report, or the last one when it does not answer in time. */
  async ask(): Promise<WorkerReport | undefined> {
    if (!this.#hasExited && this.#worker.isConnected()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => wake(), ANSWER_MS);
        const wake = (): void => {
          clearTimeout(timer);
          this.#asking.delete(wake);
          resolve();
        };
        this.#asking.add(wake);
        this.send({ type: 'ask' });
      });
    }
    return this.#report;
  }

  /** Asks it to drain; kills it when that takes longer than `budgetMs`. */
  async stop(budgetMs: number): Promise<void> {
    this.#isServing = false;
    this.send({ type: 'stop' });
    const late = setTimeout(() => this.kill(), budgetMs);
    await this.exited;
    clearTimeout(late);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  /** The channel may end a little later than the process. */
  async #untilSilent(): Promise<void> {
    await this.exited;
    while (this.#worker.isConnected()) await sleep(SILENCE_LOOK_MS);
    // What was read last is told in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #hear(message: FromProxyWorker): void {
    this.#heardAt = performance.now();
    if (message.type === 'report') {
      this.#report = message.report;
      this.#wake();
    } else if (message.type === 'log') {
      this.#log[message.level]({ ...message.fields, worker: this.pid }, message.message);
    }
  }

  #wake(): void {
    for (const wake of this.#asking) wake();
  }
}

function failure({ code, message, remedy }: Extract<FromProxyWorker, { type: 'failed' }>): FigError {
  return new FigError(code, message, { remedy });
}
