import { FigError } from '../../kernel/fig-error.ts';
import { StoredRowsNeeded } from '../projection/dirty-keys.ts';

// Nothing here does I/O: whether trying the same again may help is decided by the error alone.

/** SQLSTATE classes and codes of what passes by itself: connections, conflicts, lack of resources, operators at work. */
const transientStates = /^(08|40|53|58|55P03|55006|57P0|57014|25006|25P03)/;
const transientSystemCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ABORT_ERR',
]);
/** Errors of the driver and the pool, which carry no code. */
const transientMessages =
  /^Connection (terminated|ended)|connection error and is not queryable|Client was closed|timeout exceeded when trying|Timeout acquiring a connection|Unable to acquire a connection|aborted$/i;

/** Whether the cause lies in the moment, so that the same work may succeed later without anything being mended. */
export function isTransient(thrown: unknown): boolean {
  const seen = new Set<unknown>();
  for (let error = thrown; error instanceof Error && !seen.has(error); error = error.cause) {
    seen.add(error);
    const code = codeOf(error);
    if (code !== undefined && (transientSystemCodes.has(code) || isTransientState(code))) return true;
    if (error.name === 'KnexTimeoutError' || transientMessages.test(error.message)) return true;
  }
  return false;
}

/**
 * Another transaction was in the way and is not any more; the batch may be tried again at once, on the same connection. A
 * lock that was waited for in vain (55P03) is none: it would be waited for again, and everybody else meanwhile.
 */
export function isConflict(thrown: unknown): boolean {
  const code = thrown instanceof Error ? codeOf(thrown) : undefined;
  return code === '40001' || code === '40P01';
}

/** Whether the failure belongs to the data or the definition, so that what fails can be set aside. */
export function isParkable(thrown: unknown): boolean {
  return !(thrown instanceof FigError) && !(thrown instanceof StoredRowsNeeded) && !isTransient(thrown);
}

/** Whether PostgreSQL rejected the statement itself, whatever the data (SQLSTATE class 42). */
export function isOfDefinition(thrown: unknown): boolean {
  return thrown instanceof Error && /^42[0-9A-Z]{3}$/.test(codeOf(thrown) ?? '');
}

function isTransientState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && transientStates.test(code);
}

function codeOf(error: Error): string | undefined {
  const { code }: Error & { code?: unknown } = error;
  return typeof code === 'string' ? code : undefined;
}
