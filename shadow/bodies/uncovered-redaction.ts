import { parsePath } from '../../src/config/rule-path.ts';
import { isArray, isObject, type JsonValue } from '../json/json-value.ts';

/**
 * Whether a redact rule names anything at the top of one of these bodies. Rules are written once for a feature; those for its
 * JSON name nothing in its pages, which may show the same data.
 */
export function isCoveredBy(redact: readonly string[], ...values: readonly JsonValue[]): boolean {
  return redact.some((path) => {
    const [first] = parsePath(path);
    if (!first || first.kind === 'any') return true;
    return values.some((value) => {
      if (first.kind === 'index') return isArray(value) && first.index < value.length;
      return isObject(value) && value.has(first.key);
    });
  });
}
