import { createHash } from 'node:crypto';
import { type ConnectSchema, isObject } from './connect-message.ts';

/** What Debezium sends unless `unavailable.value.placeholder` says something else. */
export const defaultPlaceholder = '__debezium_unavailable_value';

/**
 * Tells the placeholder that stands for a large value which an update did not touch, in each of the forms that it has by the
 * type of its column. A value that happens to be equal to it cannot be told from it.
 */
export class UnavailableValue {
  readonly #text: string;
  readonly #base64: string;
  readonly #codes: readonly number[];
  readonly #uuid: string;
  /** Of an hstore, as JSON. */
  readonly #pair: string;

  constructor(placeholder: string = defaultPlaceholder) {
    const bytes = Buffer.from(placeholder);
    this.#text = placeholder;
    this.#base64 = bytes.toString('base64');
    this.#codes = [...bytes];
    this.#uuid = nameUuid(bytes);
    this.#pair = JSON.stringify({ [placeholder]: placeholder });
  }

  is(value: unknown, schema: ConnectSchema): boolean {
    if (typeof value === 'string') {
      if (schema.type === 'bytes') return value === this.#base64;
      return value === this.#text || (schema.name === 'io.debezium.data.Json' && value === this.#pair);
    }
    if (Array.isArray(value)) return this.#isArray(value, schema.items ?? { type: 'string' });
    return isObject(value) && value[this.#text] === this.#text;
  }

  #isArray(value: readonly unknown[], items: ConnectSchema): boolean {
    if (value.length === 1) return this.is(value[0], items) || value[0] === this.#uuid;
    return value.length === this.#codes.length && value.every((each, i) => each === this.#codes[i]);
  }
}

/** Java's `UUID.nameUUIDFromBytes`. */
function nameUuid(bytes: Buffer): string {
  const hash = createHash('md5').update(bytes).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x30;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
