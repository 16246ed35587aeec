/** One step of an exact place: the key of an object, or a position in an array. */
export type PlaceStep = string | number;

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
