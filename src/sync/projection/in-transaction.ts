import { once } from 'node:events';
import type { Knex } from 'knex';
import { connectionOf } from '../postgres/statement.ts';

/**
 * Work in a transaction of its own. It ends with the transaction's connection: a handler or a build may wait for something
 * that never comes, and the target then ends the idle transaction.
 */
export function inTransaction<T>(db: Knex, work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const connection = await connectionOf(tx);
    const over = new AbortController();
    const ended = once(connection, 'end', { signal: over.signal }).then((): never => {
      throw new Error('Connection terminated while a transaction was under way');
    });
    ended.catch(() => undefined); // Also when the work comes first.
    try {
      return await Promise.race([work(tx), ended]);
    } finally {
      over.abort();
    }
  });
}
