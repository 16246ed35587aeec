import { FellowWrites } from '../../../proxy/fellow-writes.ts';
import { MAX_VISITORS, PIN_MS } from '../../../proxy/own-writes.ts';
import { VisitorFences } from '../../../proxy/visitor-fences.ts';
import { positionZero } from '../../kernel/position.ts';
import { BEAT_MS, LEASE_MS, type FromFellow, type Said, type ToFellow, writeName } from './fence-messages.ts';

export interface FenceHubOptions {
  /** To a worker. What is sent first arrives first. */
  readonly send: (worker: number, message: ToFellow) => void;
  /** The machine's clock, see kernel/machine-time.ts. */
  readonly now: () => number;
}

interface Member {
  /** Everything it announced until then has been passed on. */
  saidAt: number;
  /** What it was last told to know everything until. */
  knownAt: number;
  /** Batches sent to it, and taken in by it. */
  sent: number;
  took: number;
  /** When it was sent the oldest batch that it has not taken in. */
  behindSince: number | undefined;
  learned: number;
  /** Its own batches of which it has not been told yet that they are known. */
  readonly unknown: { readonly batch: number; readonly needs: readonly Need[] }[];
}

/** A worker that must take in a batch, or have come to the end of its lease without it. */
interface Need {
  readonly worker: number;
  readonly batch: number;
  readonly freeAt: number;
}

/** A worker that has not taken in a batch for so long gets no new lease, so that writes wait for it once and not each time. */
const BEHIND_MS = 2 * BEAT_MS;

/**
 * Passes on what workers announce of their visitors' writes, and tells each how recent its knowledge is: no younger than what
 * the slowest of the others has said. Lives in the primary; does no I/O of its own.
 */
export class FenceHub {
  readonly #options: FenceHubOptions;
  readonly #members = new Map<number, Member>();
  readonly #writes = new Map<number, FellowWrites>();
  #owing = new VisitorFences(MAX_VISITORS);
  #number = 0;
  /** The phases since which a candidate serves somebody, without a break; undefined: none does. */
  #servingSince: number | undefined;

  constructor(options: FenceHubOptions) {
    this.#options = options;
  }

  /** From now on the worker is told everything. It must know the present phases already, and serve nothing before. */
  join(worker: number): void {
    const now = this.#options.now();
    const member: Member = {
      saidAt: now,
      knownAt: now,
      sent: 0,
      took: 0,
      behindSince: undefined,
      learned: this.#number,
      unknown: [],
    };
    const knownAt = this.#knownBy(worker, now);
    member.knownAt = knownAt;
    const { visitors, everybody } = this.#owing.owing(this.#options.now());
    const writes = [...this.#writes].flatMap(([of, open]) =>
      open.entries().map(([write, whose]): [string, string[]] => [writeName(of, Number(write)), whose]),
    );
    this.#members.set(worker, member);
    this.#options.send(worker, {
      type: 'joined',
      writes,
      owing: visitors,
      everybodyOwesUntil: everybody,
      learned: this.#number,
      allLearned: this.#allLearned(),
      knownAt,
    });
  }

  /** The worker's process has ended and everything that it sent has been heard. */
  leave(worker: number): void {
    const left = this.#members.get(worker);
    if (left === undefined) return;
    this.#members.delete(worker);
    const until = this.#options.now() + PIN_MS;
    // Before it knew that a candidate serves, it announced nothing; so whose writes were on their way nobody knows.
    const ofEverybody = this.#servingSince === undefined || left.learned < this.#servingSince;
    if (ofEverybody) {
      this.#owing = new VisitorFences(MAX_VISITORS, { fence: positionZero, owedUntil: until, readAt: 0, marks: [] });
    }
    const open = this.#writes.get(worker);
    this.#writes.delete(worker);
    for (const [, visitors] of open?.entries() ?? []) for (const visitor of visitors) this.#owing.owe(visitor, until);
    for (const [other, member] of this.#members) {
      this.#options.send(other, { type: 'gone', batch: this.#next(member), of: worker, until, ofEverybody });
    }
    this.#tellKnown();
  }

  /** Numbers the phases that are about to be told to all. `isServing`: by them, a candidate serves somebody. */
  nextNumber(isServing: boolean): number {
    this.#number += 1;
    this.#servingSince = isServing ? (this.#servingSince ?? this.#number) : undefined;
    return this.#number;
  }

  hear(worker: number, message: FromFellow): void {
    const member = this.#members.get(worker);
    if (member === undefined) return;
    if (message.type === 'said') this.#passOn(worker, member, message.batch, message.said);
    else if (message.type === 'alive') member.saidAt = message.at;
    else if (message.type === 'learned') member.learned = message.number;
    else {
      member.took = message.batch;
      member.behindSince = member.took === member.sent ? undefined : this.#options.now();
      this.#tellKnown();
    }
  }

  /** Must be called every BEAT_MS. */
  tick(): void {
    const now = this.#options.now();
    const allLearned = this.#allLearned();
    for (const [worker, member] of this.#members) {
      if (member.behindSince !== undefined && now - member.behindSince > BEHIND_MS) continue;
      member.knownAt = this.#knownBy(worker, now);
      this.#options.send(worker, { type: 'current', knownAt: member.knownAt, allLearned });
    }
    this.#tellKnown();
  }

  #passOn(worker: number, member: Member, batch: number, said: readonly Said[]): void {
    for (const one of said) this.#note(worker, one);
    const needs: Need[] = [];
    for (const [other, each] of this.#members) {
      if (other === worker) continue;
      const number = this.#next(each);
      this.#options.send(other, { type: 'heard', batch: number, of: worker, said });
      needs.push({ worker: other, batch: number, freeAt: each.knownAt + LEASE_MS });
    }
    member.unknown.push({ batch, needs });
    this.#tellKnown();
  }

  #next(member: Member): number {
    member.sent += 1;
    member.behindSince ??= this.#options.now();
    return member.sent;
  }

  /** For workers that join later. */
  #note(worker: number, said: Said): void {
    if (said.kind === 'owes') {
      for (const visitor of said.visitors) this.#owing.owe(visitor, said.until);
      return;
    }
    let open = this.#writes.get(worker);
    if (open === undefined) this.#writes.set(worker, (open = new FellowWrites()));
    if (said.kind === 'began') {
      open.began(String(said.write), said.visitors);
      return;
    }
    for (const visitor of open.ended(String(said.write))) {
      if (said.end.kind === 'owed') this.#owing.owe(visitor, said.end.until);
    }
  }

  #tellKnown(): void {
    const now = this.#options.now();
    for (const [worker, { unknown }] of this.#members) {
      let known: number | undefined;
      while (unknown[0]?.needs.every((need) => this.#isMet(need, now))) known = unknown.shift()?.batch;
      if (known !== undefined) this.#options.send(worker, { type: 'known', batch: known });
    }
  }

  /** A lease that was given after the batch is of no matter: whoever has got it has taken the batch in before. */
  #isMet({ worker, batch, freeAt }: Need, now: number): boolean {
    const member = this.#members.get(worker);
    return member === undefined || member.took >= batch || now >= freeAt;
  }

  #knownBy(worker: number, now: number): number {
    let at = now;
    for (const [other, { saidAt }] of this.#members) if (other !== worker) at = Math.min(at, saidAt);
    return at;
  }

  #allLearned(): number {
    let number = this.#number;
    for (const { learned } of this.#members.values()) number = Math.min(number, learned);
    return number;
  }
}
