import type { Knex } from 'knex';
import type { Mirror, SourceDefinition } from '../../config/read-model-definition.ts';
import type { KeyValue } from '../../config/source-row.ts';
import type { Landed } from '../mirror/mirror-table.ts';
import type { SourceColumn } from '../postgres/catalog.ts';
import { asPluck, pluckedPages } from './plucked-keys.ts';
import { rowLayout, type RowLayout, watchRow } from './watched-row.ts';

const SLICE = 10_000;

/** `dirty` looked at more of a row than its key, so the row that was stored in its place has to be asked, too. */
export class StoredRowsNeeded extends Error {
  override readonly name = 'StoredRowsNeeded';
}

/** How many keys may be held at once, and what becomes of more. */
export interface KeyRoom {
  /** In which `dirty` is asked. */
  readonly tx: Knex.Transaction;
  readonly most: number;
  /** Empties the set that holds them. */
  readonly spill: () => Promise<void>;
}

/**
 * Asks a source's `dirty` for the keys that changed rows make dirty. It has to be asked for the old and for the new state
 * of a row. But as long as it looks at nothing but the row's key, both give the same, because it is a function of what it
 * looks at and of the mirror; then the old state need not be read. The first time that it looks at more, the transaction
 * is given up with StoredRowsNeeded, and from then on old states are read.
 */
export class DirtyKeys {
  readonly #dirty: SourceDefinition['dirty'];
  readonly #layout: RowLayout;
  #needsStored = false;

  constructor({ dirty }: SourceDefinition, columns: readonly SourceColumn[], key: readonly string[]) {
    this.#dirty = dirty;
    this.#layout = rowLayout(columns, key);
  }

  get needsStored(): boolean {
    return this.#needsStored;
  }

  async ofLanded(landed: Landed, mirror: Mirror, into: Set<string>, room: KeyRoom): Promise<void> {
    for (const { row, known } of landed) {
      const watched = watchRow(row, this.#layout);
      try {
        const found = this.#dirty(watched.row, mirror);
        const query = asPluck(found, room.tx);
        if (query) {
          for await (const page of pluckedPages(room.tx, query)) await collect(page as KeyValue[], into, room);
        } else {
          const given = Array.isArray(found) ? (found as readonly KeyValue[]) : await found;
          // Most rows name a key or two, and that needs no waiting.
          if (into.size + given.length > room.most) await collect(given, into, room);
          else hold(given, into);
        }
      } catch (error) {
        if (known !== 'key' || !watched.sawMore()) throw error;
      }
      if (known !== 'history' && watched.sawMore()) {
        this.#needsStored = true;
        throw new StoredRowsNeeded();
      }
    }
  }
}

function hold(found: readonly KeyValue[], into: Set<string>): void {
  for (const key of found) {
    if (key !== null && key !== undefined) into.add(String(key));
  }
}

async function collect(found: readonly KeyValue[], into: Set<string>, { most, spill }: KeyRoom): Promise<void> {
  for (let start = 0; start < found.length; start += SLICE) {
    hold(found.slice(start, start + SLICE), into);
    if (into.size > most) await spill();
  }
}
