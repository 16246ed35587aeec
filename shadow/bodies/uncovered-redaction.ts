import { parsePath, type PatternStep } from '../../src/config/rule-path.ts';
import { isArray, isObject, Repeated, type JsonValue } from '../json/json-value.ts';

/**
 * Whether a redact rule names anything that is in one of these bodies, by its whole path. Rules are written once for a feature;
 * those for its JSON name nothing in its pages, which may show the same data. `$[*].name` begins like any body and ends like few.
 */
export function isCoveredBy(redact: readonly string[], ...values: readonly JsonValue[]): boolean {
  const paths = redact.map(parsePath);
  return paths.some((path) => values.some((value) => isThere(value, path, 0)));
}

/** Calls itself no deeper than the path is long. */
function isThere(value: JsonValue, path: readonly PatternStep[], at: number): boolean {
  const step = path[at];
  if (step === undefined) return true;
  if (value instanceof Repeated) return value.values.some((each) => isThere(each, path, at));
  const goesOn = (child: JsonValue | undefined): boolean => child !== undefined && isThere(child, path, at + 1);
  if (isArray(value)) {
    if (step.kind === 'any') return value.some(goesOn);
    return step.kind === 'index' && goesOn(value[step.index]);
  }
  if (!isObject(value)) return false;
  if (step.kind === 'any') return [...value.values()].some(goesOn);
  return step.kind === 'key' && goesOn(value.get(step.key));
}
