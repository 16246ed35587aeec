import { formatPosition, type Position } from '../../kernel/position.ts';
import type { Change, SentRow } from '../change.ts';
import { keyText } from '../mirror/collapse-changes.ts';
import { type Relation, unchanged } from '../postgres/pgoutput-messages.ts';
import { maskedKey } from '../reconcile/masked-key.ts';
import type { TailLine } from './tail-line.ts';

/** Names of the types that say nothing of a person, by their numbers in every PostgreSQL. */
const typeNames: ReadonlyMap<number, string> = new Map([
  [16, 'boolean'],
  [20, 'bigint'],
  [21, 'smallint'],
  [23, 'integer'],
  [2950, 'uuid'],
]);

export interface LineHead {
  readonly endPosition: Position;
  readonly committedAtMs: number;
}

/** Makes lines of changes, without any value that might be personal. No I/O. */
export class LineMaker {
  readonly #keys: ReadonlyMap<string, readonly string[]>;
  readonly #secret: Uint8Array;
  readonly #relations = new Map<string, Relation>();

  /** `keys`: the key columns of the tables that are shown, by `schema.table`. `secret`: for hashes of keys. */
  constructor(keys: ReadonlyMap<string, readonly string[]>, secret: Uint8Array) {
    this.#keys = keys;
    this.#secret = secret;
  }

  /** Tables as the source described them; they hold for the changes after them. */
  learn(relations: readonly Relation[]): void {
    for (const relation of relations) this.#relations.set(`${relation.schema}.${relation.table}`, relation);
  }

  *lines({ endPosition, committedAtMs }: LineHead, changes: readonly Change[], nowMs: number): Generator<TailLine> {
    const common = {
      what: 'change' as const,
      position: formatPosition(endPosition),
      committedAt: new Date(committedAtMs).toISOString(),
      lagMs: Math.max(0, nowMs - committedAtMs),
    };
    for (const change of changes) {
      if (change.kind === 'truncate') {
        const tables = change.tables.filter((table) => this.#keys.has(table));
        for (const table of tables) yield { ...common, type: 'truncate', table, key: undefined, changed: undefined };
        continue;
      }
      const { kind, table } = change;
      const key = this.#keys.get(table);
      if (!key) continue;
      const shown = this.#key(table, key, kind === 'delete' ? change.oldKey : change.row);
      yield { ...common, type: kind, table, key: shown, changed: changedColumns(change) };
    }
  }

  #key(table: string, key: readonly string[], row: SentRow): string | undefined {
    if (key.some((column) => typeof row[column] !== 'string')) return undefined;
    const columns = this.#relations.get(table)?.columns ?? [];
    // Of a type that is not known nothing is known, so its values are hashed.
    const types = key.map((name) => typeNames.get(columns.find((column) => column.name === name)?.typeOid ?? 0) ?? '');
    return maskedKey(keyText(row, key), types, this.#secret);
  }
}

/** Only a table whose whole old rows are logged (`REPLICA IDENTITY FULL`) tells. */
function changedColumns(change: Change): readonly string[] | undefined {
  if (change.kind !== 'update' || change.oldKey === undefined) return undefined;
  const { row, oldKey } = change;
  const names = Object.keys(row);
  if (names.some((name) => !Object.hasOwn(oldKey, name) && !(name in oldKey))) return undefined;
  return names.filter((name) => row[name] !== unchanged && row[name] !== oldKey[name]);
}
