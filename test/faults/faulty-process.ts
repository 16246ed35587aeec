import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Milestone } from '../../src/kernel/milestones.ts';

/** Where a process ends itself with SIGKILL: when it comes to this milestone for the nth time. */
export interface Death {
  readonly at: Milestone;
  readonly nth: number;
}

type Answer = Readonly<Record<string, unknown>>;

/** A process of ours to which everything may be done that happens to processes. */
export class FaultyProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  #complaint = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stderr?.on('data', (text: Buffer) => {
      this.#complaint = `${this.#complaint}${text.toString()}`.slice(-4_000);
    });
  }

  /** Resolves with the first message of the module, which is given the options as JSON. */
  static async start(file: string, options: unknown): Promise<FaultyProcess> {
    const started = new FaultyProcess(
      fork(file, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
    );
    await started.#next();
    return started;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  tell(message: Answer): void {
    this.#process.send(message);
  }

  /** The next message; rejects with its last words when it ends before. One question at a time. */
  async ask(question: string): Promise<Answer> {
    this.tell({ ask: question });
    return this.#next();
  }

  /** It stands still, as its whole machine may. */
  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (!this.isAlive) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #next(): Promise<Answer> {
    const heard = new AbortController();
    const ended = once(this.#process, 'exit', { signal: heard.signal }).then(([code, signal]) => {
      throw new Error(`the process ended (${String(signal ?? code)}): ${this.#complaint}`);
    });
    ended.catch(() => undefined); // Also when the message comes first.
    try {
      const [message] = await Promise.race([once(this.#process, 'message', { signal: heard.signal }), ended]);
      return message as Answer;
    } finally {
      heard.abort();
    }
  }
}
