import { fileURLToPath } from 'node:url';
import { type Death, FaultyProcess } from './faulty-process.ts';

const child = fileURLToPath(new URL('./capture-child.js', import.meta.url));

export interface Databases {
  readonly legacyUrl: string;
  readonly targetUrl: string;
}

/** A capturing process that can be made to die. */
export class CaptureProcess implements AsyncDisposable {
  readonly #process: FaultyProcess;

  private constructor(process: FaultyProcess) {
    this.#process = process;
  }

  static async start(databases: Databases, die?: Death): Promise<CaptureProcess> {
    return new CaptureProcess(await FaultyProcess.start(child, { ...databases, die }));
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  /** Resolves when everything that is committed in legacy now is applied; rejects with what stands in the way. */
  async caughtUp(): Promise<void> {
    const answer = await this.#process.ask('caught-up');
    if (answer['caughtUp'] !== true) throw new Error(`capture did not catch up: ${String(answer['why'])}`);
  }

  /** Compares and repairs the read model, and resolves when nothing differs. */
  async reconciled(): Promise<void> {
    const answer = await this.#process.ask('reconcile');
    if (answer['reconciled'] !== true) throw new Error(`the read model still differs: ${String(answer['why'])}`);
  }

  /** What stands in the way of capturing, if anything does. */
  async trouble(): Promise<string> {
    return String((await this.#process.ask('trouble'))['trouble']);
  }

  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  jumpClock(ms: number): void {
    this.#process.tell({ jumpClockMs: ms });
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
