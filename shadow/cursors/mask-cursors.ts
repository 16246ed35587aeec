import type { CompareRule } from '../../src/config/rule-list.ts';
import type { PatternStep } from '../../src/config/rule-path.ts';
import { placeText, type PlaceStep } from '../json-path.ts';
import { JsonNumber } from '../json/json-number.ts';
import { isArray, isObject, type JsonValue } from '../json/json-value.ts';
import { alsoWhereMoved } from '../moved-rules.ts';
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
  /** By their exact place; only those of which `isFixed` says that the place is the same on both sides. */
  readonly tokens: ReadonlyMap<string, CursorToken>;
}

const notes = { route: undefined, because: undefined, expires: undefined, expiresAt: undefined, maxHidden: 1 };

/** Those of a feature, and where the candidate has them by a `map` rule of the route. Throws a SyntaxError when a path cannot be read. */
export function cursorPaths(
  cursors: Readonly<Record<string, string>> = {},
  rules: readonly CompareRule[] = [],
): readonly CursorPath[] {
  const asRules = Object.entries(cursors).map(([path, parameter]): CompareRule => ({
    kind: 'ignore',
    id: parameter,
    path,
    ...notes,
  }));
  return alsoWhereMoved([...rules.filter(({ kind }) => kind === 'map'), ...asRules]).flatMap(({ kind, steps, id }) =>
    kind === 'map' ? [] : { steps, parameter: id },
  );
}

/** Takes the tokens out of a body, so that the rest of it can be compared. Only what leads to one is copied. */
export function maskCursors(
  value: JsonValue,
  paths: readonly CursorPath[],
  isFixed: (place: readonly PlaceStep[]) => boolean = () => true,
): MaskedCursors {
  const tokens = new Map<string, CursorToken>();
  let masked = value;
  for (const { steps, parameter } of paths) {
    masked = replaceAt(masked, steps, [], (text, place) => {
      const found = tokenIn(text, parameter);
      if (found === undefined) return text;
      if (isFixed(place))
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
