import type { Change, LogicalMessage, SentRow } from '../change.ts';
import { keyText, keyValues, textOfKey } from '../mirror/collapse-changes.ts';
import { unchanged } from '../postgres/pgoutput-messages.ts';
import type { CommittedChanges, StoredReads } from './derivation.ts';

// Nothing here does I/O.

export interface ReadSource {
  readonly key: readonly string[];
  readonly reads: StoredReads;
}

type RowChange = Exclude<Change, { kind: 'truncate' }>;
type Key = readonly string[];

interface Read {
  readonly place: string;
  readonly bytes: number;
}

/** The keys whose stored rows may be read for these changes, by source and key text. */
export function keysRead(
  transactions: readonly CommittedChanges[],
  sources: ReadonlyMap<string, ReadSource>,
): ReadonlyMap<string, ReadonlyMap<string, Key>> {
  const found = new Map<string, Map<string, Key>>();
  const emptied = new Set<string>();
  for (const { changes } of transactions) {
    for (const change of changes) {
      if (change.kind === 'truncate') {
        for (const table of change.tables) emptied.add(table);
        continue;
      }
      const source = sources.get(change.table);
      if (!source || emptied.has(change.table)) continue;
      for (const key of keysOfChange(change, source)) {
        const keys = found.get(change.table) ?? new Map<string, Key>();
        found.set(change.table, keys.set(textOfKey(key), key));
      }
    }
  }
  return found;
}

/**
 * Cuts changes into pieces that, applied one after the other, read stored rows of no more than so many bytes each; a single
 * change may need more. `sizes`: of the rows that are stored now, by source and key text. Transactions are kept whole where
 * they fit, because in the middle of one a read model is built from what legacy never showed.
 */
export function cutBySize(
  transactions: readonly CommittedChanges[],
  sources: ReadonlyMap<string, ReadSource>,
  sizes: ReadonlyMap<string, ReadonlyMap<string, number>>,
  most: number,
): readonly (readonly CommittedChanges[])[] {
  const sized = new SizedSources(sources, sizes);
  const pieces: Piece[] = [];
  let piece = new Piece();
  const makeRoomFor = (reads: readonly Read[]): void => {
    if (piece.isEmpty || piece.bytesWith(reads) <= most) return;
    pieces.push(piece);
    piece = new Piece();
  };
  for (const transaction of transactions) {
    const steps = transaction.changes.map((change) => ({ change, reads: sized.take(change) }));
    makeRoomFor(steps.flatMap(({ reads }) => reads));
    const messages = [...(transaction.messages ?? [])];
    steps.forEach(({ change, reads }, n) => {
      makeRoomFor(reads);
      while (isBefore(messages[0], n)) piece.addMessage(transaction, messages.shift()!, n);
      piece.add(transaction, change, { reads, n });
    });
    for (const message of messages) piece.addMessage(transaction, message, steps.length);
  }
  return [...pieces, piece].filter(({ isEmpty }) => !isEmpty).map(({ transactions: cut }) => cut);
}

/** Sizes of rows as they are between the changes; what was sent of a row counts, too, once it is stored. */
class SizedSources {
  readonly #sources: ReadonlyMap<string, ReadSource>;
  readonly #sizes: Map<string, Map<string, number>>;

  constructor(sources: ReadonlyMap<string, ReadSource>, sizes: ReadonlyMap<string, ReadonlyMap<string, number>>) {
    this.#sources = sources;
    this.#sizes = new Map([...sources.keys()].map((name) => [name, new Map(sizes.get(name))]));
  }

  /** What may be read for the next change. */
  take(change: Change): readonly Read[] {
    if (change.kind === 'truncate') {
      for (const table of change.tables) this.#sizes.get(table)?.clear();
      return [];
    }
    const source = this.#sources.get(change.table);
    if (!source) return [];
    const sizes = this.#sizes.get(change.table)!;
    const reads = keysOfChange(change, source).flatMap((key): Read[] => {
      const text = textOfKey(key);
      const bytes = sizes.get(text) ?? 0;
      return bytes > 0 ? [{ place: `${change.table}\n${text}`, bytes }] : [];
    });
    this.#follow(change, source.key, sizes);
    return reads;
  }

  #follow(change: RowChange, key: Key, sizes: Map<string, number>): void {
    const text = change.kind === 'delete' ? undefined : keyText(change.row, key);
    const oldText = change.kind !== 'insert' && change.oldKey ? keyText(change.oldKey, key) : text!;
    const before = sizes.get(oldText) ?? 0;
    sizes.delete(oldText);
    if (change.kind === 'delete') return;
    sizes.set(text!, lengthOf(change.row) + (isPartial(change.row) ? before : 0));
  }
}

class Piece {
  readonly transactions: CommittedChanges[] = [];
  readonly #places = new Set<string>();
  #changes: Change[] = [];
  #messages: LogicalMessage[] = [];
  #last: CommittedChanges | undefined;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** A row is read once, as it is before the piece. */
  bytesWith(reads: readonly Read[]): number {
    const added = new Map(
      reads.filter(({ place }) => !this.#places.has(place)).map(({ place, bytes }) => [place, bytes]),
    );
    return [...added.values()].reduce((sum, bytes) => sum + bytes, this.#bytes);
  }

  /** `n`: its number among the changes of the transaction as it was given. */
  add(
    transaction: CommittedChanges,
    change: Change,
    { reads, n }: { readonly reads: readonly Read[]; readonly n: number },
  ): void {
    this.#bytes = this.bytesWith(reads);
    for (const { place } of reads) this.#places.add(place);
    this.#open(transaction, n);
    this.#changes.push(change);
  }

  addMessage(transaction: CommittedChanges, message: LogicalMessage, n: number): void {
    this.#open(transaction, n);
    this.#messages.push({ ...message, after: this.#changes.length });
  }

  #open(transaction: CommittedChanges, n: number): void {
    if (transaction === this.#last) return;
    const { endPosition, committedAtMs, first = 0 } = transaction;
    this.#last = transaction;
    this.#changes = [];
    this.#messages = [];
    const [changes, messages] = [this.#changes, this.#messages];
    this.transactions.push({ endPosition, committedAtMs, changes, messages, first: first + n });
  }
}

function isBefore(message: LogicalMessage | undefined, n: number): boolean {
  return message?.after !== undefined && message.after <= n;
}

function keysOfChange(change: RowChange, { key, reads }: ReadSource): readonly Key[] {
  const before = change.kind !== 'insert' && change.oldKey ? keyValues(change.oldKey, key) : undefined;
  if (change.kind === 'delete') return reads === 'touched' ? [before!] : [];
  if (reads === 'moved') {
    const isMoved = before !== undefined && textOfKey(before) !== keyText(change.row, key);
    return isMoved && isPartial(change.row) ? [before] : [];
  }
  const after = keyValues(change.row, key);
  return before ? [before, after] : [after];
}

function isPartial(row: SentRow): boolean {
  return Object.values(row).includes(unchanged);
}

function lengthOf(row: SentRow): number {
  return Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
}
