import type { Change, SentRow } from '../change.ts';
import { keyText, mergeRows, type NetChange, type NetTable, textOfKey } from '../mirror/collapse-changes.ts';
import { filterLines } from '../mirror/copy-lines.ts';
import { unchanged } from '../postgres/pgoutput-messages.ts';

/** Of the keys and rows that are remembered between two markers, in letters. */
const MOST_REMEMBERED = 16 * 1024 * 1024;
/** What it takes to remember a key, besides its letters. */
const LETTERS_PER_KEY = 64;

/** What is known of a key that the stream touched between the markers. */
type Touched =
  /** All of it: the mirror has the row, or it is gone. */
  | 'known'
  /** It came from another key without its large values, so that the mirror may or may not have it. */
  | 'owed'
  /** What updates said of it, which left out large values. */
  | SentRow;

export interface ClosedWindow {
  /** Lines that are to be landed. */
  readonly lines: Buffer;
  /** What is to be landed after them: the stream said it of the same rows, and left out large values, which the lines have. */
  readonly later: NetTable;
}

/**
 * Decides which rows of a chunk may be used. The chunk was read at some moment between two markers in the log; rows that
 * the stream changed between the markers are left out, because what the stream says of them is newer or equal.
 * Source: Andreakis, Papapanagiotou, "DBLog: A Watermark Based Change-Data-Capture Framework" (2020), with two
 * additions. A commit is decodable before it is visible to a snapshot, so a chunk whose snapshot still saw a delivered
 * transaction as running is read again (`DeliveredXids.isAnyUnseenBy`). And an update that left out an unchanged large value cannot stand in
 * for the row: then the row is used and what the updates said is written over it. Those that the snapshot saw are among
 * them, which does no harm: each says all but what it left as it was.
 */
export class BackfillWindow {
  readonly #table: string;
  readonly #key: readonly string[];
  readonly #touched = new Map<string, Touched>();
  #remembered = 0;
  #open = false;
  #spoiled = false;

  constructor(table: string, key: readonly string[]) {
    this.#table = table;
    this.#key = key;
  }

  open(): void {
    this.#open = true;
  }

  /** Notes the changes of a transaction that came between the markers. */
  note(changes: readonly Change[]): void {
    if (!this.#open) return;
    for (const change of changes) {
      if (this.#spoiled) return;
      if (change.kind === 'truncate') {
        if (change.tables.includes(this.#table)) this.spoil();
      } else if (change.table === this.#table) {
        this.#noteRow(change);
      }
    }
  }

  /** For more changes than are worth remembering: an open window is given up, and its chunk is read again. */
  spoil(): void {
    if (!this.#open) return;
    this.#spoiled = true;
    this.#touched.clear();
  }

  /** What to land of lines in COPY's text format, whose key is in the columns `keyAt`; undefined: read them again. */
  close(bytes: Buffer, keyAt: readonly number[]): ClosedWindow | undefined {
    if (!this.#open || this.#spoiled) return undefined;
    const changes = new Map<string, NetChange>();
    const later: NetTable = { truncated: false, changes };
    if (this.#touched.size === 0) return { lines: bytes, later };
    const lines = filterLines(bytes, keyAt, (key) => {
      const text = textOfKey(key);
      const touched = this.#touched.get(text);
      if (touched === 'known' || touched === 'owed') return false;
      if (touched) changes.set(text, { kind: 'upsert', values: touched, base: touched, inserted: false });
      return true;
    });
    return { lines, later };
  }

  /** Whether the mirror may lack the row of this key also when the lines are landed. */
  isOwed(key: readonly string[]): boolean {
    return this.#touched.get(textOfKey(key)) === 'owed';
  }

  #noteRow(change: Exclude<Change, { kind: 'truncate' }>): void {
    const oldText = change.kind !== 'insert' && change.oldKey ? keyText(change.oldKey, this.#key) : undefined;
    if (change.kind === 'delete') return this.#set(oldText!, 'known');
    const text = keyText(change.row, this.#key);
    const isMoved = oldText !== undefined && oldText !== text;
    if (isMoved) this.#set(oldText, 'known');
    if (change.kind === 'insert' || !Object.values(change.row).includes(unchanged)) return this.#set(text, 'known');
    if (isMoved) return this.#set(text, 'owed');
    const before = this.#touched.get(text);
    if (typeof before === 'string') return;
    this.#set(text, before ? mergeRows(before, change.row) : change.row);
  }

  #set(text: string, touched: Touched): void {
    const before = this.#touched.get(text);
    if (before === undefined) this.#remembered += text.length + LETTERS_PER_KEY;
    this.#remembered += lengthOf(touched) - lengthOf(before);
    this.#touched.set(text, touched);
    if (this.#remembered > MOST_REMEMBERED) this.spoil();
  }
}

function lengthOf(touched: Touched | undefined): number {
  if (touched === undefined || typeof touched === 'string') return 0;
  return Object.values(touched).reduce((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
}
