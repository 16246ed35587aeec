import type { Change } from '../change.ts';
import { keyText, textOfKey } from '../mirror/collapse-changes.ts';
import { filterLines } from '../mirror/copy-lines.ts';
import { unchanged } from '../postgres/pgoutput-messages.ts';

/**
 * Decides which rows of a chunk may be used. The chunk was read at some moment between two markers in the log; rows that
 * the stream changed between the markers are left out, because what the stream says of them is newer or equal.
 * Source: Andreakis, Papapanagiotou, "DBLog: A Watermark Based Change-Data-Capture Framework" (2020), with two
 * additions. A commit is decodable before it is visible to a snapshot, so a chunk whose snapshot still saw a delivered
 * transaction as running is read again (`DeliveredXids.isAnyUnseenBy`). And an update that left out an unchanged large value cannot stand in
 * for the row that is left out, so such a chunk is read again too.
 */
export class BackfillWindow {
  readonly #table: string;
  readonly #key: readonly string[];
  readonly #touched = new Set<string>();
  #open = false;
  #spoiled = false;

  constructor(table: string, key: readonly string[]) {
    this.#table = table;
    this.#key = key;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    this.#open = true;
  }

  /** Notes the changes of a transaction that came between the markers. */
  note(changes: readonly Change[]): void {
    if (!this.#open) return;
    for (const change of changes) {
      if (change.kind === 'truncate') {
        if (change.tables.includes(this.#table)) this.#spoiled = true;
      } else if (change.table === this.#table) {
        this.#noteRow(change);
      }
    }
  }

  /** For more changes than are worth remembering: an open window is given up, and its chunk is read again. */
  spoil(): void {
    if (this.#open) this.#spoiled = true;
  }

  /** What to land of lines in COPY's text format, whose key is in the columns `keyAt`; undefined: read them again. */
  close(bytes: Buffer, keyAt: readonly number[]): Buffer | undefined {
    if (!this.#open || this.#spoiled) return undefined;
    if (this.#touched.size === 0) return bytes;
    return filterLines(bytes, keyAt, (values) => !this.#touched.has(textOfKey(values)));
  }

  #noteRow(change: Exclude<Change, { kind: 'truncate' }>): void {
    if (change.kind !== 'insert' && change.oldKey) this.#touched.add(keyText(change.oldKey, this.#key));
    if (change.kind === 'delete') return;
    this.#touched.add(keyText(change.row, this.#key));
    if (change.kind === 'update' && Object.values(change.row).includes(unchanged)) this.#spoiled = true;
  }
}
