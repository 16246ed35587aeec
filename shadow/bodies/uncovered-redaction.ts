import { parsePath } from '../../src/config/rule-path.ts';
import { isThere } from '../json/is-there.ts';
import type { JsonValue } from '../json/json-value.ts';

/**
 * Whether a redact rule names anything that is in one of these bodies, by its whole path. Rules are written once for a feature;
 * those for its JSON name nothing in its pages, which may show the same data. `$[*].name` begins like any body and ends like few.
 */
export function isCoveredBy(redact: readonly string[], ...values: readonly JsonValue[]): boolean {
  const paths = redact.map(parsePath);
  return paths.some((path) => values.some((value) => isThere(value, path)));
}
