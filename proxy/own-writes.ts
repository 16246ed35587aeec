import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import {
  laterPosition,
  positionZero,
  type AppliedPosition,
  type Position,
  type SourcePosition,
} from '../src/kernel/position.ts';
import type { FenceFailure } from './decide.ts';
import { fenceSetCookie, type FenceNote } from './fence-cookie.ts';
import { VisitorFences } from './visitor-fences.ts';
import { timedOut, withinTime } from './within-time.ts';

/** How long a visitor whose last write has no known position reads from legacy. */
const PIN_MS = 30_000;
/** How long a write's answer may wait for the source to tell its position. */
const SOURCE_READ_MS = 500;
const MAX_VISITORS = 50_000;

export interface OwnWritesOptions {
  readonly source: SourcePosition | undefined;
  readonly applied: (feature: string) => AppliedPosition | undefined;
  readonly routing: () => RoutingSnapshot;
  readonly fenceBudgetMs: number;
  readonly secret: Uint8Array;
  readonly secureCookies: boolean;
  readonly log: Log;
  readonly maxVisitors?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** One write on its way. `atHead` and then `atEnd`, or just `atEnd` when there was no answer, must be called once. */
export interface OpenWrite {
  /** Header lines to add to the answer. Called before any of it is sent; never rejects. */
  atHead(laterVisitors: readonly string[]): Promise<string[]>;
  /** `isComplete`: the answer went through to its end. Never rejects. */
  atEnd(isComplete: boolean): Promise<void>;
}

/** A feature that is served by its candidate now. */
interface EnteredFeature {
  /** Covers every write that was committed before the feature entered; undefined until the source told it. */
  floor: Position | undefined;
  isAsking: boolean;
}

/**
 * Promise 3: a read served from a read model is never older than that visitor's last write through the proxy.
 * A write's fence is the source's position when its answer arrives, so it lies at or after its commit.
 */
export class OwnWrites {
  readonly #options: OwnWritesOptions;
  readonly #fences: VisitorFences;
  readonly #inFlight = new Map<string, number>();
  readonly #entered = new Map<string, EnteredFeature>();
  readonly #now: () => number;
  #learned: RoutingSnapshot | undefined;

  constructor(options: OwnWritesOptions) {
    this.#options = options;
    this.#fences = new VisitorFences(options.maxVisitors ?? MAX_VISITORS);
    this.#now = options.now ?? Date.now;
  }

  /** Must see every snapshot before a request is decided by it: a feature that enters gets its floor here. */
  learn(routing: RoutingSnapshot): void {
    if (routing === this.#learned) return;
    this.#learned = routing;
    for (const { feature, reads } of routing.features.values()) {
      const isServed = reads.phase === 'canary' || reads.phase === 'live';
      if (!isServed) this.#entered.delete(feature);
      else if (!this.#entered.has(feature)) {
        const entered: EnteredFeature = { floor: undefined, isAsking: false };
        this.#entered.set(feature, entered);
        void this.#askFloor(entered);
      }
    }
    for (const feature of this.#entered.keys()) {
      if (!routing.features.has(feature)) this.#entered.delete(feature);
    }
  }

  /** Whether the read model of a feature may serve this visitor now; waits for it within the budget. Never rejects. */
  async fenceFor(feature: string, visitor: string, note: FenceNote | undefined): Promise<'reached' | FenceFailure> {
    try {
      const entered = this.#entered.get(feature);
      if (entered?.floor === undefined) {
        if (entered) void this.#askFloor(entered);
        return 'fence-unknown';
      }
      if (this.#inFlight.has(visitor)) return 'write-in-flight';
      const own = await this.#ownFence(visitor, note);
      if (own === undefined) return 'fence-unknown';
      return await this.#await(feature, laterPosition(entered.floor, own));
    } catch (error) {
      this.#options.log.warn({ feature, error: describeError(error) }, 'a fence could not be asked; legacy answers');
      return 'fence-unknown';
    }
  }

  /** A write sets out. From now on the visitor's reads go to legacy. `isSecure`: the visitor is reached by https. */
  begin(visitor: string, note: FenceNote | undefined, isSecure = false): OpenWrite {
    const visitors = new Set([visitor]);
    this.#enter(visitor);
    return {
      atHead: async (laterVisitors) => {
        for (const later of laterVisitors) {
          if (visitors.has(later)) continue;
          visitors.add(later);
          this.#enter(later);
        }
        if (!this.#isServing()) return [];
        const fence = await this.#settle(visitors);
        const { fence: known } = this.#fences.standingOf(visitor);
        const value = fenceSetCookie(
          this.#options.secret,
          {
            // Answers overtake each other, and the last cookie wins: it must not lower what an earlier one said.
            fence: laterPosition(laterPosition(fence ?? positionZero, known), note?.fence ?? positionZero),
            at: this.#now(),
            isKnown: fence !== undefined,
          },
          isSecure || this.#options.secureCookies,
        );
        return ['Set-Cookie', value];
      },
      atEnd: async (isComplete) => {
        // Legacy may commit while it streams its answer, or after the client went away.
        if (!isComplete) this.#owe(visitors);
        else if (this.#isServing()) await this.#settle(visitors);
        for (const each of visitors) this.#leave(each);
      },
    };
  }

  /** Asks the routing anew: a feature may have entered since the write set out. */
  #isServing(): boolean {
    this.learn(this.#options.routing());
    return this.#entered.size > 0;
  }

  /** Gives the visitors the source's present position; undefined, and they owe one, when it does not answer in time. */
  async #settle(visitors: Iterable<string>): Promise<Position | undefined> {
    const readAt = this.#now();
    const fence = await this.#readSource();
    if (fence === undefined) this.#owe(visitors);
    else for (const visitor of visitors) this.#fences.raise(visitor, fence, readAt);
    return fence;
  }

  #owe(visitors: Iterable<string>): void {
    const until = this.#now() + PIN_MS;
    for (const visitor of visitors) this.#fences.owe(visitor, until);
  }

  /** The position of the visitor's last write; undefined while it cannot be known. */
  async #ownFence(visitor: string, note: FenceNote | undefined): Promise<Position | undefined> {
    const standing = this.#fences.standingOf(visitor);
    const known = laterPosition(standing.fence, note?.fence ?? positionZero);
    const owedUntil = Math.max(standing.owedUntil, note === undefined || note.isKnown ? 0 : note.at + PIN_MS);
    if (standing.readAt >= owedUntil) return known;
    if (this.#now() < owedUntil) return undefined;
    const fence = await this.#settle([visitor]);
    return fence === undefined ? undefined : laterPosition(fence, known);
  }

  async #await(feature: string, fence: Position): Promise<'reached' | FenceFailure> {
    const applied = this.#options.applied(feature);
    const current = applied?.current();
    if (applied === undefined || current === undefined) return 'read-model-not-ready';
    if (current >= fence) return 'reached';
    this.#options.source?.nudge();
    const { fenceBudgetMs } = this.#options;
    const reached = await withinTime(applied.waitFor(fence, fenceBudgetMs), fenceBudgetMs + 50);
    if (reached === true) return 'reached';
    return applied.current() === undefined ? 'read-model-not-ready' : 'fence-timeout';
  }

  async #askFloor(entered: EnteredFeature): Promise<void> {
    if (entered.isAsking) return;
    entered.isAsking = true;
    entered.floor = await this.#readSource();
    entered.isAsking = false;
  }

  async #readSource(): Promise<Position | undefined> {
    const { source, log } = this.#options;
    if (source === undefined) return undefined;
    try {
      const position = await withinTime(source.read(), SOURCE_READ_MS);
      if (position !== timedOut) return position;
      log.warn({ afterMs: SOURCE_READ_MS }, 'the source did not tell its position in time');
    } catch (error) {
      log.warn({ error: describeError(error) }, 'the source did not tell its position');
    }
    return undefined;
  }

  #enter(visitor: string): void {
    this.#inFlight.set(visitor, (this.#inFlight.get(visitor) ?? 0) + 1);
  }

  #leave(visitor: string): void {
    const count = this.#inFlight.get(visitor) ?? 0;
    if (count <= 1) this.#inFlight.delete(visitor);
    else this.#inFlight.set(visitor, count - 1);
  }
}
