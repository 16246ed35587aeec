/** One step of an exact place: the key of an object, or a position in an array. */
export type PlaceStep = string | number;

/** One step of a rule's path. `any`: every key and every position. */
export type PatternStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any' };

const stepGrammar = /\.\*|\[\*\]|\.([\p{L}\p{N}_$-]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;

/** Reads `$`, `.name`, `['name']`, `[3]`, `[*]` and `.*`. Throws a SyntaxError that points at what it does not know. */
export function parsePath(path: string): readonly PatternStep[] {
  if (!path.startsWith('$')) throw new SyntaxError(`a path starts with $, not ${JSON.stringify(path)}`);
  const steps: PatternStep[] = [];
  stepGrammar.lastIndex = 1;
  while (stepGrammar.lastIndex < path.length) {
    const at = stepGrammar.lastIndex;
    const found = stepGrammar.exec(path);
    if (!found) throw new SyntaxError(`cannot read ${JSON.stringify(path.slice(at))} in the path ${path}`);
    const [, name, index, single, double] = found;
    const quoted = single ?? double;
    if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (name !== undefined) steps.push({ kind: 'key', key: name });
    else if (quoted !== undefined) steps.push({ kind: 'key', key: quoted.replaceAll(/\\(.)/gsu, '$1') });
    else steps.push({ kind: 'any' });
  }
  return steps;
}

/** Keys that are ids, not names: digits, UUIDs, long hexadecimal. They would make a group of each single value. */
const idLike = /^(\d+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,})$/i;

/**
 * The pattern that differences are grouped by: positions become `[*]`, keys that are ids or that `isPersonal` says are
 * personal become `.*`.
 */
export function patternOf(place: readonly PlaceStep[], isPersonal: (key: string) => boolean): string {
  return written(place, (step) => {
    if (typeof step === 'number') return '[*]';
    return idLike.test(step) || isPersonal(step) ? '.*' : keyText(step);
  });
}

/** The exact place: `$.items[3]['odd name']`. */
export function placeText(place: readonly PlaceStep[], redactKey: (key: string) => string): string {
  return written(place, (step) => (typeof step === 'number' ? `[${step}]` : keyText(redactKey(step))));
}

/** Of a longer path the beginning and the end are kept, which say where it is. */
const MAX_STEPS = 100;

function written(place: readonly PlaceStep[], write: (step: PlaceStep) => string): string {
  if (place.length <= MAX_STEPS) return `$${place.map(write).join('')}`;
  const [head, tail] = [place.slice(0, MAX_STEPS / 2), place.slice(-MAX_STEPS / 2)];
  return `$${head.map(write).join('')}…${tail.map(write).join('')}`;
}

const MAX_KEY_LENGTH = 80;

function keyText(key: string): string {
  const short = key.length > MAX_KEY_LENGTH ? `${key.slice(0, MAX_KEY_LENGTH)}…` : key;
  if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(short)) return `.${short}`;
  return `['${short.replaceAll(/[\\']/g, String.raw`\$&`)}']`;
}
