import type { FigError } from '../../../kernel/fig-error.ts';
import type { RawRow, SentRow } from '../../change.ts';
import { type SentValue, unchanged } from '../../postgres/pgoutput-messages.ts';
import type { SourceColumn, SourceTable } from '../../postgres/catalog.ts';
import { rowMaker } from '../../postgres/row-shape.ts';
import type { ConnectField, JsonObject } from './connect-message.ts';
import type { ConnectorSettings } from './connector-settings.ts';
import { valueDecoder } from './decode-value.ts';
import { doubtfulNull } from './doubtful-null.ts';
import { impliedSchema } from './implied-schema.ts';
import { lossyType, wrongSetting } from './refusals.ts';
import { UnavailableValue } from './unavailable.ts';
import type { ValueDecoder } from './value-context.ts';

/** What has to be known of a table to decode its rows; fields that are not among the columns are passed over. */
export interface DecodedTable {
  /** `schema.table` */
  readonly name: string;
  readonly columns: readonly SourceColumn[];
  /** Columns that an old row is sent with: those of the replica identity. */
  readonly identityColumns: readonly string[];
  /** Told of each schema before rows with it are decoded; what it throws, decoding throws. */
  readonly judge?: ((fields: readonly ConnectField[]) => void) | undefined;
}

interface CompiledColumn {
  readonly name: string;
  readonly subject: string;
  readonly schema: ConnectField;
  readonly decode: ValueDecoder;
  readonly doubtfulNull: ReturnType<typeof doubtfulNull>;
}

/** What has to be known of a table of PostgreSQL to decode its rows. */
export function decodedTable({ name, columns, replicaIdentity, identityColumns }: SourceTable): DecodedTable {
  const isWhole = replicaIdentity === 'full';
  return { name, columns, identityColumns: isWhole ? columns.map((column) => column.name) : identityColumns };
}

/** Decodes rows of one table. How is found once for each schema. */
export class RowDecoder {
  readonly #table: DecodedTable;
  readonly #settings: ConnectorSettings;
  readonly #unavailable: UnavailableValue;
  readonly #compiled = new WeakMap<readonly ConnectField[], readonly CompiledColumn[]>();
  readonly #Row = rowMaker<SentValue>();
  #implied: readonly ConnectField[] | undefined;

  constructor(table: DecodedTable, settings: ConnectorSettings) {
    this.#table = table;
    this.#settings = settings;
    this.#unavailable = new UnavailableValue(settings.placeholder);
  }

  /** `leavesOut`: large values that did not change are not sent. Throws as `valueDecoder` does. */
  row(values: JsonObject, fields: readonly ConnectField[] | undefined, leavesOut: boolean): SentRow {
    const row = new this.#Row();
    for (const column of this.#columns(fields)) {
      const value = values[column.name];
      const isLeftOut = leavesOut && this.#unavailable.is(value, column.schema);
      row[column.name] = isLeftOut ? unchanged : this.#valueOf(column, value, leavesOut);
    }
    return row;
  }

  /** Only the columns of the replica identity; the others of an old row are not known. */
  key(values: JsonObject, fields: readonly ConnectField[] | undefined): RawRow {
    const key = Object.create(null) as Record<string, string | null>;
    for (const column of this.#columns(fields)) {
      if (!this.#table.identityColumns.includes(column.name)) continue;
      const value = values[column.name];
      if (!this.#unavailable.is(value, column.schema)) key[column.name] = this.#valueOf(column, value, false);
    }
    return key;
  }

  #valueOf(
    { decode, schema, subject, doubtfulNull: doubtful }: CompiledColumn,
    value: unknown,
    leavesOut: boolean,
  ): string | null {
    if (value === undefined) throw this.#notSent(subject);
    if (value === null) {
      if (doubtful === 'never' || (doubtful === 'in-updates' && !leavesOut)) return null;
      throw lossyType(subject, 'Debezium sends a null for what it cannot convert, and for what did not change');
    }
    if (this.#mayBeNull(schema, value)) {
      const loss = 'it has the value of its default, which Kafka Connect also sends in place of a null';
      throw wrongSetting(subject, loss, 'value.converter.replace.null.with.default=false');
    }
    return decode(value);
  }

  #mayBeNull({ optional, default: standard }: ConnectField, value: unknown): boolean {
    if (this.#settings.nullsAreKept || optional !== true || standard === undefined || standard === null) return false;
    return JSON.stringify(value) === JSON.stringify(standard);
  }

  #columns(fields: readonly ConnectField[] | undefined): readonly CompiledColumn[] {
    const known = fields ?? this.#impliedFields();
    let columns = this.#compiled.get(known);
    if (!columns) {
      columns = this.#compile(known);
      this.#compiled.set(known, columns);
    }
    return columns;
  }

  #compile(fields: readonly ConnectField[]): readonly CompiledColumn[] {
    this.#table.judge?.(fields);
    const byName = new Map(fields.map((field) => [field.field, field]));
    return this.#table.columns.map((column) => {
      const subject = `${this.#table.name}.${column.name} (${column.sourceType})`;
      const schema = byName.get(column.name);
      if (!schema) throw this.#notSent(subject);
      if (column.mirrorType === 'name' && !this.#sendsUnknown) {
        throw wrongSetting(subject, 'its values may be sent as null', 'include.unknown.datatypes=true');
      }
      return {
        name: column.name,
        subject,
        schema,
        decode: valueDecoder(this.#table.name, column, schema),
        doubtfulNull: doubtfulNull(column, schema),
      };
    });
  }

  get #sendsUnknown(): boolean {
    return this.#settings.properties?.['include.unknown.datatypes'] === 'true';
  }

  #notSent(subject: string): FigError {
    const loss = 'the column is not sent';
    if (this.#sendsUnknown) return lossyType(subject, loss);
    return wrongSetting(subject, loss, 'include.unknown.datatypes=true');
  }

  #impliedFields(): readonly ConnectField[] {
    const { properties, nullsAreKept } = this.#settings;
    const subject = this.#table.name;
    if (!properties)
      throw wrongSetting(subject, 'its messages carry no schemas', 'value.converter.schemas.enable=true');
    if (!nullsAreKept) {
      throw wrongSetting(subject, 'nulls are lost', 'value.converter.replace.null.with.default=false');
    }
    this.#implied ??= this.#table.columns.map((column) => impliedSchema(subject, column, properties));
    return this.#implied;
  }
}
