import { Worker } from 'node:worker_threads';
import type { Finding, LookFailure } from './finding.ts';
import type { LookJob } from './look-into.ts';

export type FromLookThread =
  | { readonly type: 'ready' }
  /** Of the next group of the job. */
  | { readonly type: 'found'; readonly finding: Finding };

export interface LookAsideOptions {
  /** The compiled look-thread.js. */
  readonly threadUrl: URL;
  /** For one group, by the clock: the thread lets all others go first. Default 5,000. */
  readonly groupBudgetMs: number;
  /** For all groups of a job. Default 15,000. */
  readonly jobBudgetMs: number;
  /** After so long without a job the thread ends. Default 60,000. */
  readonly idleMs: number;
  /** Megabytes of heap after which the thread dies. Default 128. */
  readonly maxHeapMb: number;
}

const READY_WITHIN_MS = 15_000;
// Worker threads cannot load TypeScript on Node 20, so from sources the compiled one is used.
const compiled = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/shadow/findings/look-thread.js', import.meta.url)
  : new URL('./look-thread.js', import.meta.url);

const defaults: LookAsideOptions = {
  threadUrl: compiled,
  groupBudgetMs: 5_000,
  jobBudgetMs: 15_000,
  idleMs: 60_000,
  maxHeapMb: 128,
};

/** Looks into groups in a thread of its own, which is ended when it takes too long. One job at a time. */
export class LookAside {
  readonly #options: LookAsideOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #thread: Worker | undefined;
  #isReady = false;
  #neverStarts = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: Partial<LookAsideOptions> = {}) {
    this.#options = { ...defaults, ...options };
  }

  /** What was found of each group, in their order. Never rejects: what could not be found says why. */
  look(job: LookJob): Promise<readonly Finding[]> {
    const turn = this.#turn.then(() => this.#lookAll(job));
    this.#turn = turn;
    return turn;
  }

  /** Ends the thread after the job that is under way. */
  async close(): Promise<void> {
    await this.#turn;
    clearTimeout(this.#idle);
    this.#end();
  }

  async #lookAll(job: LookJob): Promise<readonly Finding[]> {
    clearTimeout(this.#idle);
    const until = performance.now() + this.#options.jobBudgetMs;
    const looked: Finding[] = [];
    while (looked.length < job.groups.length) {
      if (performance.now() >= until) {
        looked.push({ unfinished: 'too-long' });
        continue;
      }
      // One that cannot be looked into must not hide what there is to be said of the others.
      const rest = { ...job, groups: job.groups.slice(looked.length) };
      const failure = await this.#lookOn(rest, until, (finding) => looked.push(finding));
      if (failure) looked.push({ unfinished: failure });
      // A thread that cannot even start is not started for each group.
      while (failure && this.#neverStarts && looked.length < job.groups.length) looked.push({ unfinished: failure });
    }
    this.#idle = setTimeout(() => this.#end(), this.#options.idleMs);
    this.#idle.unref();
    return looked;
  }

  /** Until all of the job is found, or a group takes too long or ends the thread. */
  #lookOn(job: LookJob, until: number, onFound: (finding: Finding) => void): Promise<LookFailure | undefined> {
    const thread = (this.#thread ??= this.#start());
    let left = job.groups.length;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (failure?: LookFailure): void => {
        clearTimeout(timer);
        thread.off('message', hear).off('exit', ended);
        this.#neverStarts = !this.#isReady;
        if (failure) this.#end();
        resolve(failure);
      };
      const allow = (ms: number): void => {
        clearTimeout(timer);
        timer = setTimeout(() => settle('too-long'), ms);
      };
      const ended = (): void => settle('failed');
      const hear = (message: FromLookThread): void => {
        if (message.type === 'ready') this.#isReady = true;
        else {
          onFound(message.finding);
          left -= 1;
        }
        if (left === 0) settle();
        else allow(Math.max(0, Math.min(this.#options.groupBudgetMs, until - performance.now())));
      };
      thread.on('message', hear).on('exit', ended);
      // A thread that is only just starting loads its code first.
      allow(this.#isReady ? this.#options.groupBudgetMs : READY_WITHIN_MS);
      thread.postMessage(job, []);
    });
  }

  #start(): Worker {
    const { threadUrl, maxHeapMb } = this.#options;
    this.#isReady = false;
    const limits = { maxOldGenerationSizeMb: maxHeapMb };
    const thread = new Worker(threadUrl, { name: 'fig findings', resourceLimits: limits });
    // Its end is what tells; without a listener an error would end the process.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    thread.unref();
    return thread;
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }
}
