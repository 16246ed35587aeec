import type { SourceRow } from '../../config/source-row.ts';
import type { RawRow } from '../change.ts';
import { decodeRow, decodeValue } from './decode-row.ts';
import type { SourceColumn } from '../postgres/catalog.ts';

type Decoded = Record<string, string | number | boolean | null>;

/** A source row for `dirty` that decodes what is looked at, and knows whether anything but its key was looked at. */
export interface WatchedRow {
  readonly row: SourceRow;
  /** Whether what `dirty` says may depend on more than the key. */
  readonly sawMore: () => boolean;
}

export interface RowLayout {
  readonly columns: readonly SourceColumn[];
  readonly types: ReadonlyMap<string, string>;
  readonly key: ReadonlySet<string>;
}

export function rowLayout(columns: readonly SourceColumn[], key: readonly string[]): RowLayout {
  return { columns, types: new Map(columns.map(({ name, mirrorType }) => [name, mirrorType])), key: new Set(key) };
}

export function watchRow(raw: RawRow, layout: RowLayout): WatchedRow {
  const watcher = new RowWatcher(raw, layout);
  return { row: new Proxy<Decoded>({}, watcher), sawMore: () => watcher.sawMore };
}

class RowWatcher implements ProxyHandler<Decoded> {
  readonly #raw: RawRow;
  readonly #layout: RowLayout;
  #filled = false;
  sawMore = false;

  constructor(raw: RawRow, layout: RowLayout) {
    this.#raw = raw;
    this.#layout = layout;
  }

  get(target: Decoded, name: string | symbol): unknown {
    if (this.#filled || typeof name === 'symbol') return Reflect.get(target, name);
    const type = this.#layout.types.get(name);
    if (type === undefined) return Reflect.get(target, name);
    if (!this.#layout.key.has(name)) this.sawMore = true;
    return decodeValue(this.#raw[name] ?? null, type);
  }

  // Whoever lists, spreads or writes gets the whole row, as a plain object would give it.

  has(target: Decoded, name: string | symbol): boolean {
    return Reflect.has(this.#fill(target), name);
  }

  ownKeys(target: Decoded): (string | symbol)[] {
    return Reflect.ownKeys(this.#fill(target));
  }

  getOwnPropertyDescriptor(target: Decoded, name: string | symbol): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.#fill(target), name);
  }

  set(target: Decoded, name: string | symbol, value: unknown): boolean {
    return Reflect.set(this.#fill(target), name, value);
  }

  defineProperty(target: Decoded, name: string | symbol, descriptor: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.#fill(target), name, descriptor);
  }

  deleteProperty(target: Decoded, name: string | symbol): boolean {
    return Reflect.deleteProperty(this.#fill(target), name);
  }

  #fill(target: Decoded): Decoded {
    this.sawMore = true;
    if (!this.#filled) Object.assign(target, decodeRow(this.#raw, this.#layout.columns));
    this.#filled = true;
    return target;
  }
}
