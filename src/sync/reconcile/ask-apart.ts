import { type Client, DatabaseError } from 'pg';
import { isolateFailures } from '../dead-letters/isolate-failures.ts';
import type { Key } from './compared-table.ts';

const UNTRANSLATABLE = '22P05';

/**
 * Asks a database for rows by keys, some of which may have characters that its encoding lacks: it refuses these, and can have
 * no row of them. In a transaction, whose snapshot is kept.
 */
export async function askApart<T>(
  client: Client,
  keys: readonly Key[],
  ask: (keys: readonly Key[]) => Promise<Iterable<T>>,
): Promise<T[]> {
  const found: T[] = [];
  await isolateFailures(
    keys,
    async (part) => {
      await client.query('SAVEPOINT keys');
      try {
        found.push(...(await ask(part)));
      } catch (error) {
        await client.query('ROLLBACK TO SAVEPOINT keys');
        throw error;
      }
      await client.query('RELEASE SAVEPOINT keys');
    },
    () => true,
    (error) => error instanceof DatabaseError && error.code === UNTRANSLATABLE,
  );
  return found;
}
