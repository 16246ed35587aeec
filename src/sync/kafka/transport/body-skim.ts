import { type EventBody, tablesOf } from './event-body.ts';

const BEFORE_RELATIONS = Buffer.from('"relations":');
/** Texts in JSON have no quote without a backslash before it, so these are nowhere else. */
const BEFORE_CHANGES = Buffer.from(',"changes":[');
const WITHOUT_MESSAGES = Buffer.from('],"messages":[]}');
const CLOSING_BRACKET = 0x5d;
/** Combinations of tables that transactions are of; what comes after so many is looked at anew. */
const MOST_KNOWN = 1_000;

/** What is known of a transaction that nobody here needs. */
export type SkimmedBody = Pick<EventBody, 'xid' | 'committedAtMs'>;

/**
 * Finds bodies in which nothing is needed without reading their rows: a body says first which tables it changes. A process that
 * holds a share of the read models needs some of them, and reads the messages of all. No I/O.
 */
export class BodySkim {
  readonly #isNeeded: (table: string) => boolean;
  /** By the text that describes the tables, which is the same each time. */
  readonly #known = new Map<string, boolean>();

  /** `isNeeded` of `public.orders`, the same answer each time. */
  constructor(isNeeded: (table: string) => boolean) {
    this.#isNeeded = isNeeded;
  }

  /** Undefined: it is to be read, because a table of it is needed, it holds messages, or it cannot be told. */
  read(body: Buffer): SkimmedBody | undefined {
    const changesAt = body.indexOf(BEFORE_CHANGES);
    const relationsAt = body.indexOf(BEFORE_RELATIONS);
    if (relationsAt < 0 || changesAt < relationsAt) return undefined;
    const messagesAt = body.length - WITHOUT_MESSAGES.length;
    if (body.compare(WITHOUT_MESSAGES, 0, WITHOUT_MESSAGES.length, Math.max(0, messagesAt)) !== 0) return undefined;
    const relations = body.toString('latin1', relationsAt + BEFORE_RELATIONS.length, changesAt);
    let isNeeded = this.#known.get(relations);
    if (isNeeded === undefined) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      isNeeded = this.#isAnyNeeded(body.toString('utf8', relationsAt + BEFORE_RELATIONS.length, changesAt));
      this.#known.set(relations, isNeeded);
    }
    const hasChanges = body[changesAt + BEFORE_CHANGES.length] !== CLOSING_BRACKET;
    if (isNeeded || (hasChanges && relations === '[]')) return undefined;
    const { xid, at } = JSON.parse(`${body.toString('latin1', 0, relationsAt)}"relations":[]}`) as {
      xid?: number;
      at?: number;
    };
    return { ...(xid !== undefined && { xid }), ...(at !== undefined && { committedAtMs: at }) };
  }

  #isAnyNeeded(relations: string): boolean {
    return tablesOf(relations).some((table) => this.#isNeeded(table));
  }
}
