import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { type Service, sleep, startLoop } from '../../kernel/service.ts';
import { Seat } from './seat.ts';
import { shareOut } from './share-out.ts';

const LOOK_EVERY_MS = 500;
const MAX_REST_MS = 1_000;

export interface SharedModelsOptions {
  readonly storeUrl: string;
  readonly migration: string;
  /** UUID of this process, which its other sessions are named after. */
  readonly process: string;
  /** Names of the projections that it can apply. */
  readonly readModels: readonly string[];
  /** Name of a lock that is held by one alone, or shared by those that divide the read models among them. */
  readonly commonLock: string;
  readonly log: Log;
}

/** This process's share of the read models: each is applied by the one that holds its lock. */
export class SharedModels {
  readonly #options: SharedModelsOptions;
  #loop: Service | undefined;
  readonly #held = new Set<string>();
  readonly #leaving = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #inUse: ReadonlySet<string> = new Set();
  #seat: Seat | undefined;
  #isIn = false;
  #hasLooked = false;
  #awake = new AbortController();

  constructor(options: SharedModelsOptions) {
    this.#options = options;
  }

  /** Takes part from now on. */
  begin(): void {
    const { log } = this.#options;
    this.#loop ??= startLoop({
      name: 'shares',
      maxRestMs: MAX_REST_MS,
      turn: (signal) => this.#look(signal),
      onError: (error, attempt) => {
        if ((attempt & (attempt - 1)) !== 0) return;
        log.warn({ attempt, error: describeError(error) }, 'the read models cannot be shared out');
      },
    });
  }

  /** Aborts when others may have taken what this process held; undefined: it holds nothing. */
  get lost(): AbortSignal | undefined {
    return this.#seat?.lost;
  }

  /** What this process is to apply. */
  get held(): ReadonlySet<string> {
    const isLost = this.#seat === undefined || this.#seat.lost.aborted;
    return new Set(isLost ? [] : [...this.#held].filter((name) => !this.#leaving.has(name)));
  }

  /** What it is to give up, and still holds. */
  get leaving(): ReadonlySet<string> {
    return this.#leaving;
  }

  /** Whether it knows what its share is. */
  get isSettled(): boolean {
    return this.#hasLooked;
  }

  /** A session begins, or ends, to work on these: they are given up only when it releases them. */
  use(names: Iterable<string>): void {
    this.#inUse = new Set(names);
    if (this.#leaving.size > 0) this.#awake.abort();
  }

  /** Nothing more is done with it here. */
  release(name: string): void {
    this.#inUse = new Set([...this.#inUse].filter((each) => each !== name));
    this.#awake.abort();
  }

  /** Resolves when there is something else to take up or to give up than when it was called, or the signal aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const isOver = new AbortController();
    await new Promise<void>((resolve) => {
      this.#listeners.add(resolve);
      isOver.signal.addEventListener('abort', () => this.#listeners.delete(resolve), { once: true });
      signal.addEventListener('abort', () => resolve(), { once: true, signal: isOver.signal });
    });
    isOver.abort();
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    await this.#leave();
  }

  async #look(signal: AbortSignal): Promise<number> {
    if (this.#seat?.lost.aborted) await this.#leave();
    const { storeUrl, migration, process, readModels, commonLock, log } = this.#options;
    this.#seat ??= await Seat.take(storeUrl, { process, migration, office: 'projector', able: readModels }, log);
    this.#isIn ||= await this.#seat.lock(commonLock, 'shared');
    if (this.#isIn) await this.#settle(this.#seat);
    await sleep(LOOK_EVERY_MS, AbortSignal.any([signal, this.#awake.signal, this.#seat.lost]));
    this.#awake = new AbortController();
    return 0;
  }

  async #settle(seat: Seat): Promise<void> {
    const { process, log } = this.#options;
    const before = this.#held.size;
    const given = [...this.#leaving].filter((name) => !this.#inUse.has(name));
    for (const name of given) {
      await seat.unlock(this.#lockOf(name));
      this.#held.delete(name);
      this.#leaving.delete(name);
    }
    if (given.length > 0) await seat.tell([...this.#held]);
    const { take, giveUp } = shareOut(await seat.seats(), process);
    const taken: string[] = [];
    for (const name of take) if (await seat.lock(this.#lockOf(name))) taken.push(name);
    for (const name of taken) this.#held.add(name);
    if (taken.length > 0) await seat.tell([...this.#held]);
    const leaving = giveUp.filter((name) => !this.#leaving.has(name));
    for (const name of leaving) this.#leaving.add(name);
    this.#hasLooked = true;
    if (this.#held.size !== before || taken.length + leaving.length > 0) {
      log.info({ taken, leaving, given, held: this.#held.size }, 'the read models are shared out among the processes');
      for (const listener of this.#listeners) listener();
    }
  }

  async #leave(): Promise<void> {
    this.#held.clear();
    this.#leaving.clear();
    this.#isIn = false;
    await this.#seat?.[Symbol.asyncDispose]();
    this.#seat = undefined;
  }

  #lockOf(name: string): string {
    return `strangler-fig projection ${this.#options.migration} ${name}`;
  }
}
