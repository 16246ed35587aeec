import type { Client } from 'pg';
import type { DomainEvent } from '../../../config/domain-event.ts';
import type { RelayDefinition } from '../../../config/domain-topics-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import { quoteIdentifier } from '../../postgres/preflight/quote-identifier.ts';
import { RawJson } from './event-json.ts';

/** An event, and by what its row is deleted. */
export interface OutboxRow {
  /** Where the row is: that stands still as long as it is locked. */
  readonly at: string;
  readonly event: DomainEvent;
}

interface Row {
  readonly ctid: string;
  readonly id: string | null;
  readonly type: string | null;
  readonly key: string | null;
  readonly data: string | null;
  readonly at_ms: string | null;
}

/** Takes events out of a table of legacy's, in the order of each key, however many do so at once. */
export class OutboxTable {
  readonly #client: Client;
  readonly #name: string;
  readonly #table: string;
  /** Quoted. */
  readonly #column: { readonly id: string; readonly key: string };
  readonly #fields: string;

  constructor(client: Client, { table, id, type, key, data, at }: RelayDefinition['outbox']) {
    this.#client = client;
    this.#name = table;
    this.#table = table.split('.').map(quoteIdentifier).join('.');
    const [i, t, k, d] = [id, type, key, data].map(quoteIdentifier);
    this.#column = { id: i!, key: k! };
    const time = at === undefined ? 'NULL' : `(extract(epoch FROM o.${quoteIdentifier(at)}) * 1000)::bigint::text`;
    this.#fields = `o.ctid::text AS ctid, o.${i}::text AS id, o.${t}::text AS type, o.${k}::text AS key, o.${d}::text AS data, ${time} AS at_ms`;
  }

  /**
   * Events that nobody else takes until the transaction ends. Of each key its first row is locked, or the key is left to whoever
   * has locked it; then what follows it is this one's, too: others find no other first row. Throws FIG_RELAY_FAILED.
   */
  async take(limit: number): Promise<readonly OutboxRow[]> {
    const { id, key } = this.#column;
    const first = await this.#client.query<Row>(
      `SELECT ${this.#fields} FROM ${this.#table} AS o
        WHERE NOT EXISTS (SELECT FROM ${this.#table} AS e WHERE e.${key} = o.${key} AND e.${id} < o.${id})
        ORDER BY o.${id} LIMIT $1 FOR UPDATE OF o SKIP LOCKED`,
      [limit],
    );
    const keys = first.rows.flatMap((row) => row.key ?? []);
    const room = limit - first.rows.length;
    const rest =
      room === 0 || keys.length === 0
        ? []
        : (
            await this.#client.query<Row>(
              `SELECT ${this.#fields} FROM ${this.#table} AS o
                WHERE o.${key}::text = ANY ($1::text[]) AND o.${id}::text <> ALL ($2::text[])
                ORDER BY o.${id} LIMIT $3 FOR UPDATE OF o`,
              [keys, first.rows.map((row) => row.id), room],
            )
          ).rows;
    return [...first.rows, ...rest].map((row) => this.#eventOf(row));
  }

  async remove(rows: readonly OutboxRow[]): Promise<void> {
    const places = rows.map(({ at }) => at);
    await this.#client.query(`DELETE FROM ${this.#table} WHERE ctid = ANY ($1::text[]::tid[])`, [places]);
  }

  #eventOf({ ctid, id, type, key, data, at_ms: atMs }: Row): OutboxRow {
    if (id === null || id === '' || type === null || type === '') {
      const what = id === null || id === '' ? 'an id' : 'a type';
      throw new FigError('FIG_RELAY_FAILED', `a row of ${this.#name} has not ${what}, so that it is no event`);
    }
    const at = atMs === null ? undefined : new Date(Number(atMs));
    const event = { id, type, key: key ?? id, at, data: new RawJson(data ?? 'null'), position: undefined };
    return { at: ctid, event };
  }
}
