import type { FellowListener, Fellows, WriteEnd } from '../../../proxy/fellows.ts';
import { LEASE_MS, type FromFellow, type Said, type ToFellow, writeName } from './fence-messages.ts';

export interface WorkerFellowsOptions {
  /** To the primary. What is sent first arrives first. */
  readonly send: (message: FromFellow) => void;
  /** The machine's clock, see kernel/machine-time.ts. */
  readonly now: () => number;
  /** Calls back soon, so that what is announced until then travels together. */
  readonly soon: (flush: () => void) => void;
}

interface Waiting {
  /** Undefined: not sent yet. */
  batch: number | undefined;
  readonly at: number;
  readonly done: () => void;
}

/**
 * The other workers, as one of them knows them. Two rules make it sound. Nothing is served by knowledge older than
 * LEASE_MS; and an announced write is passed on when every other worker is known to know of it, or after LEASE_MS, when
 * those that do not know serve nothing any more.
 */
export class WorkerFellows implements Fellows {
  readonly #options: WorkerFellowsOptions;
  #listener: FellowListener | undefined;
  #said: Said[] = [];
  #batch = 0;
  #waiting: Waiting[] = [];
  /** What comes before there is a proxy. */
  readonly #early: ToFellow[] = [];
  /** Writes of each other worker that are known here. */
  readonly #open = new Map<number, Set<number>>();
  #knownAt = Number.NEGATIVE_INFINITY;
  #learned = 0;
  #allLearned = 0;

  constructor(options: WorkerFellowsOptions) {
    this.#options = options;
  }

  get learned(): number {
    return this.#learned;
  }

  attach(listener: FellowListener): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) this.hear(message);
  }

  isCurrent(): boolean {
    return this.#options.now() - this.#knownAt < LEASE_MS;
  }

  haveLearned(number: number): boolean {
    return this.#allLearned >= number;
  }

  begin(write: number, visitors: readonly string[]): Promise<void> {
    this.#say({ kind: 'began', write, visitors });
    return new Promise((done) => {
      this.#waiting.push({ batch: undefined, at: this.#options.now(), done });
    });
  }

  end(write: number, end: WriteEnd): void {
    this.#say({ kind: 'ended', write, end });
  }

  owe(visitors: readonly string[], until: number): void {
    this.#say({ kind: 'owes', visitors, until });
  }

  /** Other phases are in force: `swap` puts them there. */
  learn(number: number, swap: () => void): void {
    this.#learned = number;
    swap();
    this.#listener?.learn();
    // Behind the announcements of all that is on its way.
    this.#flush();
    this.#options.send({ type: 'learned', number });
  }

  hear(message: ToFellow): void {
    if (this.#listener === undefined) this.#early.push(message);
    else if (message.type === 'known') {
      this.#release(({ batch }) => batch !== undefined && batch <= message.batch);
    } else if (message.type === 'current') {
      this.#knownAt = message.knownAt;
      this.#allLearned = message.allLearned;
    } else if (message.type === 'joined') this.#join(message);
    else {
      if (message.type === 'heard') for (const said of message.said) this.#take(message.of, said);
      else this.#forget(message);
      this.#options.send({ type: 'took', batch: message.batch });
    }
  }

  /** Must be called every BEAT_MS. */
  tick(): void {
    this.#flush();
    const now = this.#options.now();
    this.#options.send({ type: 'alive', at: now });
    this.#release(({ at }) => now >= at + LEASE_MS);
  }

  #join({ writes, owing, everybodyOwesUntil, learned, allLearned, knownAt }: Extract<ToFellow, { type: 'joined' }>) {
    for (const [write, visitors] of writes) {
      const [of, number] = write.split(':').map(Number);
      this.#take(of!, { kind: 'began', write: number!, visitors });
    }
    // First, because it takes the place of whatever is known of single visitors; some of those owe for longer.
    if (everybodyOwesUntil > 0) this.#listener?.owed('everybody', everybodyOwesUntil);
    for (const [visitor, until] of owing) this.#listener?.owed([visitor], until);
    this.#learned = learned;
    this.#allLearned = allLearned;
    this.#knownAt = knownAt;
  }

  #take(of: number, said: Said): void {
    if (said.kind === 'owes') {
      this.#listener?.owed(said.visitors, said.until);
      return;
    }
    const open = this.#openOf(of);
    if (said.kind === 'began') {
      open.add(said.write);
      this.#listener?.began(writeName(of, said.write), said.visitors);
    } else {
      open.delete(said.write);
      this.#listener?.ended(writeName(of, said.write), said.end);
    }
  }

  #forget({ of, until, ofEverybody }: Extract<ToFellow, { type: 'gone' }>): void {
    for (const write of this.#openOf(of)) this.#listener?.ended(writeName(of, write), { kind: 'owed', until });
    this.#open.delete(of);
    if (ofEverybody) this.#listener?.owed('everybody', until);
  }

  #openOf(of: number): Set<number> {
    let open = this.#open.get(of);
    if (open === undefined) this.#open.set(of, (open = new Set()));
    return open;
  }

  #say(said: Said): void {
    if (this.#said.length === 0) this.#options.soon(() => this.#flush());
    this.#said.push(said);
  }

  #flush(): void {
    if (this.#said.length === 0) return;
    const said = this.#said;
    this.#said = [];
    this.#batch += 1;
    for (const waiting of this.#waiting) waiting.batch ??= this.#batch;
    this.#options.send({ type: 'said', batch: this.#batch, said });
  }

  #release(isOver: (waiting: Waiting) => boolean): void {
    const over = this.#waiting.filter(isOver);
    if (over.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !over.includes(waiting));
    for (const { done } of over) done();
  }
}
