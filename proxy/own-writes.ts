import { describeError } from '../src/kernel/fig-error.ts';
import { machineNow } from '../src/kernel/machine-time.ts';
import type { ReadState, RoutingSnapshot } from '../src/kernel/phase.ts';
import { laterPosition, positionZero, type Position } from '../src/kernel/position.ts';
import type { FenceFailure } from './decide.ts';
import { fenceSetCookie, type FenceNote } from './fence-cookie.ts';
import type { OwnWritesOptions } from './own-writes-options.ts';
import { FellowWrites } from './fellow-writes.ts';
import type { WriteEnd } from './fellows.ts';
import { type Standing, VisitorFences } from './visitor-fences.ts';
import { timedOut, withinTime } from './within-time.ts';

/** How long a visitor whose last write has no known position reads from legacy. */
export const PIN_MS = 30_000;
/** How long a write's answer may wait for the source to tell its position. */
const SOURCE_READ_MS = 500;
export const MAX_VISITORS = 50_000;

/** One write on its way. `atHead` and then `atEnd`, or just `atEnd` when there was no answer, must be called once. */
export interface OpenWrite {
  /** Must be waited for before the request is passed on, when there is one: fellows are being told. Never rejects. */
  readonly announced: Promise<void> | undefined;
  /** Header lines to add to the answer. Called before any of it is sent; never rejects. */
  atHead(laterVisitors: readonly string[]): Promise<string[]>;
  /** Header lines for an answer of ours, when legacy gave none: it may commit the write all the same. */
  withoutAnswer(): string[];
  /** `isComplete`: the answer went through to its end. Never rejects. */
  atEnd(isComplete: boolean): Promise<void>;
}

/** A feature that is served by its candidate now. */
interface EnteredFeature {
  /** Covers every write that was committed before the feature entered; undefined until the source told it. */
  floor: Position | undefined;
  isAsking: boolean;
  /** Before it, other proxies may still let writes through without noting them. */
  readonly settledAt: number;
  /** Number of the phases with which it entered. */
  readonly learnedAs: number;
  /** Version of the read model that serves. */
  readonly version: number | undefined;
}

/** A write on its way, as fellows may have to be told of it. */
interface Flight {
  readonly write: number;
  readonly visitors: Set<string>;
  isAnnounced: boolean;
}

/**
 * Promise 3: a read served from a read model is never older than that visitor's last write through the proxy.
 * A write's fence is the source's position when its answer arrives, so it lies at or after its commit.
 */
export class OwnWrites {
  readonly #options: OwnWritesOptions;
  #fences: VisitorFences;
  #log: string | undefined;
  readonly #inFlight = new Map<string, number>();
  readonly #entered = new Map<string, EnteredFeature>();
  readonly #now: () => number;
  readonly #wallNow: () => number;
  readonly #fellowWrites = new FellowWrites();
  /** Kept for fellows only. */
  readonly #flights = new Set<Flight>();
  #lastWrite = 0;
  /** Number of the phases with which the last feature left; fellows may serve it until they know these. */
  #leftAs = 0;
  #learned: RoutingSnapshot | undefined;

  constructor(options: OwnWritesOptions) {
    this.#options = options;
    this.#fences = new VisitorFences(options.maxVisitors ?? MAX_VISITORS);
    this.#now = options.now ?? machineNow;
    this.#wallNow = options.wallNow ?? Date.now;
    options.fellows?.attach({
      learn: () => this.learn(options.routing()),
      began: (write, visitors) => {
        for (const visitor of this.#fellowWrites.began(write, visitors)) this.#enter(visitor);
      },
      ended: (write, end) => this.#fellowEnded(write, end),
      owed: (visitors, until) => {
        if (visitors === 'everybody') this.#forgetFences(until);
        else for (const visitor of visitors) this.#fences.owe(visitor, until);
      },
    });
    // A feature may have left before we came, and a fellow may not have heard.
    this.#leftAs = options.fellows?.learned ?? 0;
  }

  /** Must see every snapshot before a request is decided by it: a feature that enters gets its floor here. */
  learn(routing: RoutingSnapshot): void {
    if (routing === this.#learned) return;
    this.#learned = routing;
    const { fellows } = this.#options;
    const learnedAs = fellows?.learned ?? 0;
    const wasServing = this.#entered.size > 0;
    for (const { feature, reads, version } of routing.features.values()) {
      const known = this.#entered.get(feature);
      if (!isServed(reads)) this.#entered.delete(feature);
      else if (!known) {
        const graceMs = this.#options.entryGraceMs ?? 0;
        const settledAt = this.#now() + graceMs;
        const entered: EnteredFeature = { floor: undefined, isAsking: false, settledAt, learnedAs, version };
        this.#entered.set(feature, entered);
        if (graceMs === 0 && fellows === undefined) void this.#askFloor(entered);
      } else if (known.version !== version) {
        // What visitors have seen of one version, they must not see undone by the other.
        const entered: EnteredFeature = { ...known, floor: undefined, isAsking: false, version };
        this.#entered.set(feature, entered);
        if (this.#isSettled(entered)) void this.#askFloor(entered);
      }
    }
    for (const feature of this.#entered.keys()) {
      if (!routing.features.has(feature)) this.#entered.delete(feature);
    }
    if (wasServing && this.#entered.size === 0) this.#leftAs = learnedAs;
    // Fellows take their floors once they know that we know, and what is on its way now may commit after that.
    if (!wasServing && this.#entered.size > 0) for (const flight of this.#flights) void this.#announce(flight);
  }

  /** Whether the read model of a feature, in this version, may serve this visitor now; waits for it within the budget. Never rejects. */
  async fenceFor(
    feature: string,
    visitor: string,
    note: FenceNote | undefined,
    version?: number,
  ): Promise<'reached' | FenceFailure> {
    try {
      const log = this.#presentLog();
      if (this.#options.fellows?.isCurrent() === false) return 'fence-unknown';
      const entered = this.#entered.get(feature);
      if (entered?.floor === undefined) {
        if (entered && this.#isSettled(entered)) void this.#askFloor(entered);
        return 'fence-unknown';
      }
      if (this.#inFlight.has(visitor)) return 'write-in-flight';
      if (note !== undefined && log === undefined) return 'fence-unknown';
      if (note !== undefined && isOfAnotherLog(note, log)) return 'fence-of-another-log';
      const own = await this.#ownFence(visitor, note);
      if (own === undefined) return 'fence-unknown';
      return await this.#await(feature, version, laterPosition(entered.floor, own));
    } catch (error) {
      this.#options.log.warn({ feature, error: describeError(error) }, 'a fence could not be asked; legacy answers');
      return 'fence-unknown';
    }
  }

  /** A write sets out. From now on the visitor's reads go to legacy. `isSecure`: the visitor is reached by https. */
  begin(visitor: string, note: FenceNote | undefined, isSecure = false): OpenWrite {
    const visitors = new Set([visitor]);
    this.#hearOf(visitor, note);
    this.#enter(visitor);
    const flight = this.#takeOff(visitors);
    return {
      announced: flight && this.#isShared() ? this.#announce(flight) : undefined,
      atHead: async (laterVisitors) => {
        const added = laterVisitors.filter((later) => !visitors.has(later));
        for (const later of added) {
          visitors.add(later);
          this.#enter(later);
        }
        if (flight?.isAnnounced && added.length > 0) await this.#announce(flight);
        const isServing = this.#isServing();
        if (!isServing && this.#options.isRoutingFresh?.() !== false) return [];
        const { secret, secureCookies } = this.#options;
        const isMarked = isSecure || secureCookies;
        // The phases we know are old, so another proxy may serve already what we think is with legacy. That there was a write
        // says enough for that one, and costs the user nothing.
        const fence = isServing ? await this.#settle(visitors) : undefined;
        const log = this.#presentLog();
        if (fence === undefined || log === undefined) return this.#unknown(visitor, isMarked);
        const standing = this.#fences.standingOf(visitor);
        // Answers overtake each other, and the last cookie wins: it must not lower what an earlier one said.
        const before = note === undefined || isOfAnotherLog(note, log) ? positionZero : note.fence;
        const position = laterPosition(laterPosition(fence, standing.fence), before);
        // Nor may it pay what an earlier write owes, of which no other proxy need have heard.
        const isKnown = standing.readAt >= standing.owedUntil;
        const at = isKnown ? this.#wallNow() : this.#markOf(visitor, standing);
        const value = fenceSetCookie(secret, { fence: position, at, isKnown, log }, isMarked);
        return ['Set-Cookie', value];
      },
      withoutAnswer: () => {
        const isNoted = this.#isServing() || this.#options.isRoutingFresh?.() === false;
        return isNoted ? this.#unknown(visitor, isSecure || this.#options.secureCookies) : [];
      },
      atEnd: async (isComplete) => {
        // Legacy may commit while it streams its answer, or after the client went away.
        const end = isComplete ? await this.#endOf(visitors, flight) : this.#owe(visitors);
        if (flight) this.#land(flight, end);
        for (const each of visitors) this.#leave(each);
      },
    };
  }

  /** For every other proxy: there was a write, and nobody knows the position that covers it. */
  #unknown(visitor: string, isMarked: boolean): string[] {
    const at = this.#wallNow();
    const { secret } = this.#options;
    if (this.#isServing()) this.#fences.oweByNote(visitor, at, this.#now() + PIN_MS);
    return ['Set-Cookie', fenceSetCookie(secret, { fence: positionZero, at, isKnown: false, log: '' }, isMarked)];
  }

  /** For a note of what the visitor owes already: shown here again, or where it was seen before, it makes that last no longer. */
  #markOf(visitor: string, { marks, owedUntil }: Standing): number {
    const mark = marks.at(-1) ?? this.#wallNow();
    this.#fences.oweByNote(visitor, mark, owedUntil);
    return mark;
  }

  /**
   * A note of a write without a position came. When that was, its writer's clock says, which may be another than ours, so the
   * write has from now on all the time that one may take to commit.
   */
  #hearOf(visitor: string, note: FenceNote | undefined): void {
    if (note && !note.isKnown) this.#fences.oweByNote(visitor, note.at, this.#now() + PIN_MS);
  }

  /** Positions of another log mean nothing any more, so whatever was known by them is forgotten safely. */
  #presentLog(): string | undefined {
    const log = this.#options.sourceLog === undefined ? '' : this.#options.sourceLog();
    if (log === undefined || log === this.#log) return log;
    if (this.#log !== undefined) {
      this.#forgetFences(this.#now() + PIN_MS);
      for (const [feature, entered] of this.#entered) {
        this.#entered.set(feature, { ...entered, floor: undefined, isAsking: false, settledAt: this.#now() });
      }
      this.#options.log.warn(
        {},
        'the source writes another log since a failover or restore: visitors read from legacy',
      );
    }
    this.#log = log;
    return log;
  }

  #forgetFences(owedUntil: number): void {
    const limit = this.#options.maxVisitors ?? MAX_VISITORS;
    this.#fences = new VisitorFences(limit, { fence: positionZero, owedUntil, readAt: 0, marks: [] });
  }

  /** Whether everybody notes the writes of a feature that entered, so that those before are below a floor taken now. */
  #isSettled({ settledAt, learnedAs }: EnteredFeature): boolean {
    return this.#now() >= settledAt && this.#options.fellows?.haveLearned(learnedAs) !== false;
  }

  /** Whether fellows may serve from a read model, as far as can be known here. */
  #isShared(): boolean {
    return this.#isServing() || this.#options.fellows?.haveLearned(this.#leftAs) === false;
  }

  #takeOff(visitors: Set<string>): Flight | undefined {
    if (this.#options.fellows === undefined) return undefined;
    this.#lastWrite += 1;
    const flight = { write: this.#lastWrite, visitors, isAnnounced: false };
    this.#flights.add(flight);
    return flight;
  }

  #announce(flight: Flight): Promise<void> | undefined {
    flight.isAnnounced = true;
    return this.#options.fellows?.begin(flight.write, [...flight.visitors]);
  }

  /** How a write ended whose answer is out. Undefined: nobody serves from a read model, so nobody needs to know. */
  async #endOf(visitors: ReadonlySet<string>, flight: Flight | undefined): Promise<WriteEnd | undefined> {
    if (!this.#isServing() && flight?.isAnnounced !== true) return undefined;
    const readAt = this.#now();
    const fence = await this.#settle(visitors);
    const log = this.#presentLog();
    if (fence === undefined || log === undefined) return { kind: 'owed', until: this.#now() + PIN_MS };
    return { kind: 'fenced', fence, readAt, log };
  }

  #land(flight: Flight, end: WriteEnd | undefined): void {
    const { fellows } = this.#options;
    this.#flights.delete(flight);
    if (end === undefined) return;
    if (flight.isAnnounced) fellows?.end(flight.write, end);
    else if (end.kind === 'owed') fellows?.owe([...flight.visitors], end.until);
  }

  #fellowEnded(write: string, end: WriteEnd): void {
    const log = this.#presentLog();
    for (const visitor of this.#fellowWrites.ended(write)) {
      if (end.kind === 'owed') this.#fences.owe(visitor, end.until);
      else if (end.log === log) this.#fences.raise(visitor, end.fence, end.readAt);
      else this.#fences.owe(visitor, this.#now() + PIN_MS);
      this.#leave(visitor);
    }
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

  #owe(visitors: Iterable<string>): WriteEnd {
    const until = this.#now() + PIN_MS;
    for (const visitor of visitors) this.#fences.owe(visitor, until);
    return { kind: 'owed', until };
  }

  /** The position of the visitor's last write; undefined while it cannot be known. */
  async #ownFence(visitor: string, note: FenceNote | undefined): Promise<Position | undefined> {
    this.#hearOf(visitor, note);
    const standing = this.#fences.standingOf(visitor);
    const known = laterPosition(standing.fence, note?.fence ?? positionZero);
    if (standing.readAt >= standing.owedUntil) return known;
    if (this.#now() < standing.owedUntil) return undefined;
    const fence = await this.#settle([visitor]);
    return fence === undefined ? undefined : laterPosition(fence, known);
  }

  async #await(feature: string, version: number | undefined, fence: Position): Promise<'reached' | FenceFailure> {
    const applied = this.#options.applied(feature, version);
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

/** Whether a candidate serves anybody by these phases, so that writes are noted. */
export function servesSomebody({ features }: RoutingSnapshot): boolean {
  return [...features.values()].some(({ reads }) => isServed(reads));
}

function isServed({ phase }: ReadState): boolean {
  return phase === 'canary' || phase === 'live';
}

/** A note without a position is of no log: whatever its write was, a position read after it covers it. */
function isOfAnotherLog(note: FenceNote, log: string | undefined): boolean {
  return note.log !== log && (note.isKnown || note.log !== '');
}
