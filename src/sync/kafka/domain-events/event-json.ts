import { quoteIntegers } from '../debezium/exact-json.ts';

// Nothing here does I/O.

/** Thrown for what is no JSON; says nothing of the text. */
export class NoJson extends Error {}

/**
 * Parses data of an event. An integer that a number would not print again becomes a string of its digits, which a schema that
 * expects a number refuses instead of taking another one. Throws NoJson.
 */
export function parseEventJson(text: string): unknown {
  try {
    return JSON.parse(quoteIntegers(text, (integer) => String(Number(integer)) !== integer));
  } catch (error) {
    throw new NoJson('not JSON', { cause: error });
  }
}

/** Data that is JSON already, and goes on as it is: to read it and write it anew could lose digits. */
export class RawJson {
  readonly text: string;

  /** A text that is no JSON is a string. */
  constructor(text: string) {
    this.text = isJson(text) ? text : JSON.stringify(text);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Data of an event as JSON. A bigint is written as the number that it is; what is not there is null. */
export function eventJson(data: unknown): string {
  if (data instanceof RawJson) return data.text;
  const bigints = new Map<string, string>();
  const text = JSON.stringify(data, (_, value: unknown) => {
    if (typeof value !== 'bigint') return value;
    // A string that no data holds; undone below.
    const mark = `\u0000bigint ${String(bigints.size)}`;
    bigints.set(JSON.stringify(mark), value.toString());
    return mark;
  });
  if (text === undefined) return 'null';
  return bigints.size === 0 ? text : text.replaceAll(/"\\u0000bigint \d+"/g, (mark) => bigints.get(mark) ?? mark);
}
