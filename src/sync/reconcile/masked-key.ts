import { createHmac } from 'node:crypto';
import { keyOfText } from '../mirror/collapse-changes.ts';

/** Numbers that a database gave out say nothing of a person; anything else might be a name or an address. */
const impersonal = /^(smallint|integer|bigint|uuid|boolean)$/;

/**
 * A key as it may be stored: the values that are numbers or uuids, of others a keyed hash, by which two runs can be
 * compared. `types`: of its columns.
 */
export function maskedKey(key: string, types: readonly string[], secret: Uint8Array): string {
  return keyOfText(key, types.length)
    .map((value, i) => {
      if (impersonal.test(types[i] ?? '')) return value;
      return `#${createHmac('sha256', secret).update(value).digest('hex').slice(0, 12)}`;
    })
    .join(', ');
}
