import { parsePath, type PatternStep } from '../../src/config/rule-path.ts';
import { placeText, type PlaceStep } from '../json-path.ts';
import { JsonNumber } from '../json/json-number.ts';
import { isArray, isObject, type JsonValue } from '../json/json-value.ts';
import { tokenIn } from './cursor-text.ts';

export interface CursorPath {
  readonly steps: readonly PatternStep[];
  /** The query parameter that takes the token. */
  readonly parameter: string;
}

/** A token as one side gave it. */
export interface CursorToken {
  readonly parameter: string;
  readonly token: string;
}

export interface MaskedCursors {
  /** The body with the same text in place of every token. What is no token (absent, null, empty) stays as it is. */
  readonly value: JsonValue;
  /** By their exact place. */
  readonly tokens: ReadonlyMap<string, CursorToken>;
}

/** Throws a SyntaxError when a path cannot be read. */
export function cursorPaths(rules: Readonly<Record<string, string>> = {}): readonly CursorPath[] {
  return Object.entries(rules).map(([path, parameter]) => ({ steps: parsePath(path), parameter }));
}

/** Takes the tokens out of a body, so that the rest of it can be compared. Only what leads to one is copied. */
export function maskCursors(value: JsonValue, paths: readonly CursorPath[]): MaskedCursors {
  const tokens = new Map<string, CursorToken>();
  let masked = value;
  for (const { steps, parameter } of paths) {
    masked = replaceAt(masked, steps, [], (text, place) => {
      const found = tokenIn(text, parameter);
      if (found === undefined) return text;
      tokens.set(
        placeText(place, (key) => key),
        { parameter, token: found.token },
      );
      return found.masked;
    });
  }
  return { value: masked, tokens };
}

/** As deep as the path is long, and no deeper. */
function replaceAt(
  value: JsonValue,
  steps: readonly PatternStep[],
  place: readonly PlaceStep[],
  replace: (text: string, place: readonly PlaceStep[]) => string,
): JsonValue {
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (typeof value === 'string') return replace(value, place);
    return value instanceof JsonNumber ? replace(value.lexeme, place) : value;
  }
  const below = (child: JsonValue, at: PlaceStep): JsonValue => replaceAt(child, rest, [...place, at], replace);
  if (isArray(value)) {
    if (step.kind === 'key') return value;
    return value.map((child, index) => (step.kind === 'any' || step.index === index ? below(child, index) : child));
  }
  if (!isObject(value) || step.kind === 'index') return value;
  return new Map(
    [...value].map(([key, child]) => [key, step.kind === 'any' || step.key === key ? below(child, key) : child]),
  );
}
