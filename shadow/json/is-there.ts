import type { PatternStep } from '../../src/config/rule-path.ts';
import { isArray, isObject, Repeated, type JsonValue } from './json-value.ts';

/** Whether a path names anything in a body, to its end. Calls itself no deeper than the path is long. */
export function isThere(value: JsonValue, path: readonly PatternStep[], at = 0): boolean {
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
