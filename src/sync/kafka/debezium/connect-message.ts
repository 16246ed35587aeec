import { FigError } from '../../../kernel/fig-error.ts';
import { parseExactJson } from './exact-json.ts';

/** A schema of Kafka Connect, as its JSON converter writes it beside a value. */
export interface ConnectSchema {
  /** `int8`, `int16`, `int32`, `int64`, `float`, `double`, `boolean`, `string`, `bytes`, `array`, `map` or `struct`. */
  readonly type: string;
  /** What the value means, such as `io.debezium.time.MicroTimestamp`. */
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly default?: unknown;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Of a struct. */
  readonly fields?: readonly ConnectField[] | undefined;
  /** Of an array. */
  readonly items?: ConnectSchema | undefined;
}

export interface ConnectField extends ConnectSchema {
  readonly field: string;
}

export interface ConnectMessage {
  /** undefined: the converter is set to `schemas.enable=false`. */
  readonly schema: ConnectSchema | undefined;
  readonly payload: unknown;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Opens messages of Kafka Connect's JSON converter, with schemas and without. The schema stands at the beginning of every
 * message and is nearly always the one of the message before, so it is parsed once. Throws FIG_DEBEZIUM_MESSAGE.
 */
export class MessageOpener {
  #head = '';
  #schema: ConnectSchema | undefined;

  open(text: string): ConnectMessage {
    if (this.#head !== '' && text.startsWith(this.#head)) {
      return { schema: this.#schema, payload: parseExactJson(text.slice(this.#head.length, -1)) };
    }
    const value = parseExactJson(text);
    if (!isObject(value)) throw new FigError('FIG_DEBEZIUM_MESSAGE', `a message is no object: ${text.slice(0, 60)}`);
    if (!('schema' in value && 'payload' in value)) return { schema: undefined, payload: value };
    const schema = isObject(value['schema']) ? (value['schema'] as unknown as ConnectSchema) : undefined;
    this.#keep(text, schema);
    return { schema, payload: value['payload'] };
  }

  #keep(text: string, schema: ConnectSchema | undefined): void {
    const split = schema && text.startsWith('{"schema":') ? endOfValue(text, '{"schema":'.length) : -1;
    const between = ',"payload":';
    if (split < 0 || !text.startsWith(between, split)) return;
    this.#head = text.slice(0, split + between.length);
    this.#schema = schema;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Behind the object that begins there. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  const marks = /"(?:[^"\\]|\\.)*"|[{}]/g;
  marks.lastIndex = start;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === '{') depth += 1;
    else if (mark[0] === '}' && (depth -= 1) === 0) return marks.lastIndex;
  }
  return -1;
}
