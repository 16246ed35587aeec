import type { Change, RawRow } from '../change.ts';
import { keyText } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';

/** A row before and after a change; at least one of them is there. */
export interface RowStep {
  readonly before: RawRow | undefined;
  readonly after: RawRow | undefined;
}

/**
 * The rows of one source that a batch touches, as they are between its changes. The mirror has them as they were before the
 * batch; values that an update left out are those of the row that it changed. No I/O.
 */
export class RowOverlay {
  readonly #mirror: MirrorTable;
  readonly #rows: Map<string, RawRow>;

  /** `stored`: the mirrored rows of all keys that the batch touches. */
  constructor(mirror: MirrorTable, stored: readonly RawRow[]) {
    this.#mirror = mirror;
    this.#rows = new Map(stored.map((row) => [keyText(row, mirror.key), row]));
  }

  truncate(): void {
    this.#rows.clear();
  }

  /** Takes the next change; undefined when it changed nothing that is known. */
  take(change: Exclude<Change, { kind: 'truncate' }>): RowStep | undefined {
    const { key } = this.#mirror;
    if (change.kind === 'delete') {
      const text = keyText(change.oldKey, key);
      const before = this.#rows.get(text);
      this.#rows.delete(text);
      return before && { before, after: undefined };
    }
    const text = keyText(change.row, key);
    const oldText = change.kind === 'update' && change.oldKey ? keyText(change.oldKey, key) : text;
    const before = this.#rows.get(oldText);
    const after = this.#mirror.whole(change.row, before);
    this.#rows.delete(oldText);
    this.#rows.set(text, after);
    return { before, after };
  }
}
