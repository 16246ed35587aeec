import type { Position } from '../../kernel/position.ts';
import type { Change, LargeTransaction, SourceTransaction } from '../change.ts';
import { keyText } from '../mirror/collapse-changes.ts';
import type { DeliveredXids } from '../delivered-xids.ts';
import { isVisible, type SourceSnapshot } from '../postgres/source-snapshot.ts';
import { messagePrefix } from '../postgres/source-position.ts';
import type { StreamWatcher } from '../stream-watcher.ts';

/** Keys that are remembered between two markers; a transaction that touches more makes its reader try again. */
const MAX_TOUCHED = 200_000;

export interface WindowOptions {
  readonly id: string;
  /** `schema.table` */
  readonly table: string;
  readonly key: readonly string[];
  readonly delivered: DeliveredXids;
  /** Runs when the target stands exactly at HIGH, and holds up the stream while it does. */
  readonly atHigh: (position: Position) => Promise<void>;
}

/**
 * What the stream brings between two markers, LOW and HIGH, that surround the taking of a snapshot S of the legacy
 * database. Everything that S sees was committed before HIGH, so the mirror at HIGH has it. What the mirror has and S does
 * not see is what came between the markers, unless a transaction was delivered before LOW and still invisible to S.
 */
export class MarkedWindow implements StreamWatcher {
  /** Resolves when the stream has LOW. */
  readonly opened: Promise<void>;
  /** Resolves with the position of HIGH; rejects when what was to be done there failed. */
  readonly closed: Promise<Position>;
  readonly #options: WindowOptions;
  readonly #touched: { readonly xid: number; readonly keys: readonly string[] | 'all' }[] = [];
  #open: (() => void) | undefined;
  #settle: { resolve: (position: Position) => void; reject: (error: unknown) => void } | undefined;
  #state: 'waiting' | 'open' | 'closed' = 'waiting';
  #count = 0;
  #low = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever gave up waiting must not turn a late failure into one of the process.
    this.closed.catch(() => undefined);
  }

  async onTransaction({ xid, changes, messages, endPosition }: SourceTransaction): Promise<void> {
    if (this.#state === 'open') this.#note(xid, changes);
    for (const { prefix, content } of messages) {
      if (prefix !== messagePrefix) continue;
      if (content === `low ${this.#options.id}`) {
        this.#low = this.#options.delivered.count;
        this.#state = 'open';
        this.#open?.();
      } else if (content === `high ${this.#options.id}` && this.#state === 'open') {
        this.#state = 'closed';
        await this.#close(endPosition);
      }
    }
  }

  onLarge({ xid }: LargeTransaction): void {
    if (this.#state === 'open') this.#touched.push({ xid, keys: 'all' });
  }

  /** Whether a transaction was delivered before LOW that the snapshot does not see: then nothing can be said. */
  isTorn(snapshot: SourceSnapshot): boolean {
    return this.#options.delivered.isAnyUnseenBy(snapshot, this.#low);
  }

  /** Keys (see `keyText`) of what the mirror has at HIGH and the snapshot does not see; undefined: too many to tell. */
  keysUnseenBy(snapshot: SourceSnapshot): ReadonlySet<string> | undefined {
    const unseen = new Set<string>();
    for (const { xid, keys } of this.#touched) {
      if (isVisible(xid, snapshot)) continue;
      if (keys === 'all') return undefined;
      for (const key of keys) unseen.add(key);
    }
    return unseen;
  }

  async #close(position: Position): Promise<void> {
    try {
      await this.#options.atHigh(position);
      this.#settle?.resolve(position);
    } catch (error) {
      // It is the reader's failure, not the stream's.
      this.#settle?.reject(error);
    }
  }

  #note(xid: number, changes: Iterable<Change>): void {
    if (this.#count > MAX_TOUCHED) {
      this.#touched.push({ xid, keys: 'all' });
      return;
    }
    const keys = keysTouched(changes, this.#options.table, this.#options.key);
    this.#count += keys === 'all' ? 0 : keys.length;
    if (keys.length > 0) this.#touched.push({ xid, keys: this.#count > MAX_TOUCHED ? 'all' : keys });
  }
}

/** Keys of a table that changes touch, before and after. */
function keysTouched(changes: Iterable<Change>, table: string, key: readonly string[]): readonly string[] | 'all' {
  const keys: string[] = [];
  for (const change of changes) {
    if (change.kind === 'truncate') {
      if (change.tables.includes(table)) return 'all';
    } else if (change.table === table) {
      if (change.kind !== 'insert' && change.oldKey) keys.push(keyText(change.oldKey, key));
      if (change.kind !== 'delete') keys.push(keyText(change.row, key));
      if (keys.length > MAX_TOUCHED) return 'all';
    }
  }
  return keys;
}
