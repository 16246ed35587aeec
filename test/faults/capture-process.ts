import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Milestone } from '../../src/kernel/milestones.ts';

const child = fileURLToPath(new URL('./capture-child.js', import.meta.url));

export interface Databases {
  readonly legacyUrl: string;
  readonly targetUrl: string;
}

/** A capturing process that can be made to die. */
export class CaptureProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  #complaint = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stderr?.on('data', (text: Buffer) => {
      this.#complaint = `${this.#complaint}${text.toString()}`.slice(-4_000);
    });
  }

  /** `die`: it ends itself with SIGKILL when it comes to this milestone for the nth time. */
  static async start(databases: Databases, die?: { at: Milestone; nth: number }): Promise<CaptureProcess> {
    const started = new CaptureProcess(
      fork(child, [JSON.stringify({ ...databases, die })], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
    );
    await started.#next();
    return started;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves when everything that is committed in legacy now is applied; rejects with what stands in the way. */
  async caughtUp(): Promise<void> {
    this.#process.send({ ask: 'caught-up' });
    const answer = await this.#next();
    if (answer['caughtUp'] !== true) throw new Error(`capture did not catch up: ${String(answer['why'])}`);
  }

  /** Compares and repairs the read model, and resolves when nothing differs. */
  async reconciled(): Promise<void> {
    this.#process.send({ ask: 'reconcile' });
    const answer = await this.#next();
    if (answer['reconciled'] !== true) throw new Error(`the read model still differs: ${String(answer['why'])}`);
  }

  /** What stands in the way of capturing, if anything does. */
  async trouble(): Promise<string> {
    this.#process.send({ ask: 'trouble' });
    return String((await this.#next())['trouble']);
  }

  /** It stands still, as its whole machine may. */
  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  jumpClock(ms: number): void {
    this.#process.send({ jumpClockMs: ms });
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

  async #next(): Promise<Readonly<Record<string, unknown>>> {
    const heard = new AbortController();
    const ended = once(this.#process, 'exit', { signal: heard.signal }).then(([code, signal]) => {
      throw new Error(`the capturing process ended (${String(signal ?? code)}): ${this.#complaint}`);
    });
    ended.catch(() => undefined); // Also when the message comes first.
    try {
      const [message] = await Promise.race([once(this.#process, 'message', { signal: heard.signal }), ended]);
      return message as Readonly<Record<string, unknown>>;
    } finally {
      heard.abort();
    }
  }
}
