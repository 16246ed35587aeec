import { TableSightings } from './table-sightings.ts';
import { WriteEvidence } from './write-evidence.ts';

// Nothing here does I/O or reads a clock: time passes by what it is told. Times in milliseconds.

interface Look {
  /** Counts transactions that write: it has grown when one has finished. */
  readonly written: bigint;
  readonly askedAt: number;
  readonly answeredAt: number;
}

export interface FoundWriter {
  readonly feature: string;
  readonly route: string;
  readonly tables: readonly string[];
  readonly pairs: number;
}

export interface WriteWatchOptions {
  /** Tables of a feature that do not count. */
  readonly harmless: (feature: string) => readonly string[];
  readonly onWriter: (found: FoundWriter) => void;
  /** A route writes, and the tables are not known. */
  readonly onUnnamed: (found: FoundWriter) => void;
  /** After a request the database is left alone for so long, so that what it left behind is not taken for anybody's. */
  readonly quietMs: number;
}

interface WatchedRoute {
  readonly feature: string;
  readonly route: string;
}

/** A request that is, or was, alone. */
export interface AloneRequest {
  route: WatchedRoute | undefined;
}

type Knowledge = WriteEvidence | { readonly pairs: number; readonly sightings: TableSightings } | 'done';

/** Looks that are kept of a quiet time. */
const MAX_LOOKS = 24;

/**
 * Takes pairs of spans for routes whose reads are compared: while one request is alone in this proxy, and just before. Told of
 * every request and of every look at the database.
 */
export class WriteWatch {
  readonly #options: WriteWatchOptions;
  readonly #routes = new Map<string, Knowledge>();
  #underWay = 0;
  #quietSince = Number.POSITIVE_INFINITY;
  /** Of the present quiet time, oldest first. */
  #before: Look[] = [];
  #alone: AloneRequest | undefined;
  readonly #naming = new Set<TableSightings>();

  constructor(options: WriteWatchOptions) {
    this.#options = options;
  }

  began(): void {
    this.#underWay += 1;
    this.#quietSince = Number.POSITIVE_INFINITY;
    const isAlone = this.#underWay === 1 && this.#alone === undefined && this.#before.length > 1;
    if (!isAlone) this.#before = [];
    this.#alone = isAlone ? { route: undefined } : undefined;
  }

  /**
   * The request that has just begun is of this route, and might be compared. Returned while it is to be looked which tables are
   * locked for writing, as long as `isUnderWay`.
   */
  matched(feature: string, route: string): AloneRequest | undefined {
    if (!this.#alone || this.#underWay !== 1) return undefined;
    this.#alone.route ??= { feature, route };
    return this.#sightingsOf(this.#alone.route) && this.#alone;
  }

  isUnderWay(alone: AloneRequest): boolean {
    return this.#alone === alone && this.#underWay === 1;
  }

  /** Tables that were locked for writing, by a look that began and ended while the request was under way. */
  sighted(alone: AloneRequest, tables: readonly string[]): void {
    if (this.isUnderWay(alone) && alone.route) this.#sightingsOf(alone.route)?.inRequest(tables);
  }

  /** Whether it is of use to look for locked tables in a quiet time as well. */
  get isNaming(): boolean {
    return this.#naming.size > 0;
  }

  sightedInQuiet(tables: readonly string[], askedAt: number): void {
    if (this.isQuiet(askedAt)) for (const sightings of this.#naming) sightings.inQuiet(tables);
  }

  /** A request has ended. Returned when a look at the database is wanted at once: it ends the span of that request. */
  ended(isLegacys: boolean, now: number): AloneRequest | undefined {
    this.#underWay = Math.max(0, this.#underWay - 1);
    if (this.#underWay === 0) this.#quietSince = now;
    const alone = this.#alone;
    if (alone === undefined || this.#underWay > 0) return undefined;
    const { route } = alone;
    if (route !== undefined && isLegacys && this.#knowledgeOf(route) !== 'done') return alone;
    this.#leave();
    return undefined;
  }

  /** Whether a look at the database would be of use now, in a quiet time. */
  isQuiet(now: number): boolean {
    return this.#underWay === 0 && this.#alone === undefined && now - this.#quietSince >= this.#options.quietMs;
  }

  /** A look in a quiet time. One during which a request began says nothing. */
  looked(written: bigint, askedAt: number, answeredAt: number): void {
    if (!this.isQuiet(askedAt)) return;
    this.#before.push({ written, askedAt, answeredAt });
    if (this.#before.length > MAX_LOOKS) this.#before.shift();
  }

  /** The look that was wanted by `ended`; undefined: it failed. */
  closed(alone: AloneRequest, written: bigint | undefined, answeredAt: number): void {
    // Another request has begun meanwhile.
    if (this.#alone !== alone) return;
    const { route } = alone;
    const before = this.#before;
    this.#leave();
    if (written === undefined || route === undefined) return;
    const start = before.at(-1)!;
    const length = answeredAt - start.askedAt;
    const control = before.findLast((one) => start.askedAt - one.answeredAt >= length);
    if (control) this.#note(route, start.written > control.written, written > start.written);
  }

  #note(at: WatchedRoute, inControl: boolean, inRequest: boolean): void {
    const known = this.#knowledgeOf(at);
    if (known === 'done') return;
    if ('sightings' in known) {
      known.sightings.requestEnded();
      this.#name(at, known);
      return;
    }
    known.note({ inRequest, inControl });
    const verdict = known.verdict();
    if (verdict === 'innocent') this.#routes.set(nameOf(at), 'done');
    if (verdict !== 'writes') return;
    const sightings = new TableSightings();
    this.#naming.add(sightings);
    this.#routes.set(nameOf(at), { pairs: known.pairs, sightings });
  }

  /** That it writes is proven; what is missing is where to. */
  #name(at: WatchedRoute, { pairs, sightings }: Exclude<Knowledge, WriteEvidence | 'done'>): void {
    const named = sightings.named();
    if (named === undefined) return;
    this.#naming.delete(sightings);
    this.#routes.set(nameOf(at), 'done');
    const harmless = this.#options.harmless(at.feature);
    const tables = named.filter((table) => !isAmong(table, harmless));
    if (tables.length > 0) this.#options.onWriter({ ...at, tables, pairs });
    else if (named.length === 0) this.#options.onUnnamed({ ...at, tables, pairs });
  }

  #sightingsOf(at: WatchedRoute): TableSightings | undefined {
    const known = this.#knowledgeOf(at);
    return known !== 'done' && 'sightings' in known ? known.sightings : undefined;
  }

  #leave(): void {
    this.#alone = undefined;
    this.#before = [];
  }

  #knowledgeOf(at: WatchedRoute): Knowledge {
    const name = nameOf(at);
    let known = this.#routes.get(name);
    if (known === undefined) this.#routes.set(name, (known = new WriteEvidence()));
    return known;
  }
}

function nameOf({ feature, route }: WatchedRoute): string {
  return `${feature} ${route}`;
}

/** `sessions` stands for the table of that name in every schema. */
function isAmong(table: string, names: readonly string[]): boolean {
  return names.includes(table) || names.includes(table.slice(table.indexOf('.') + 1));
}
