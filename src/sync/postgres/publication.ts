import { type Client, DatabaseError, escapeIdentifier } from 'pg';
import { describeError, FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';

/**
 * Makes the publication, or adds to it what it lacks. Takes nothing out of it, since another fig may be streaming from it:
 * that is for whoever holds the slot. Only called after preflight found no error.
 */
export async function ensurePublished(
  client: Client,
  name: string,
  tables: readonly string[],
  budgetMs: number,
): Promise<void> {
  const published = await readPublicationMarks(client, name);
  const missing = tables.filter((table) => !published?.has(table));
  if (missing.length === 0) {
    // Logical messages are sent through any publication, but one has to be there.
    if (!published) await client.query(`CREATE PUBLICATION ${escapeIdentifier(name)}`);
    return;
  }
  const list = missing.map(quoted).join(', ');
  const verb = published
    ? `ALTER PUBLICATION ${escapeIdentifier(name)} ADD`
    : `CREATE PUBLICATION ${escapeIdentifier(name)} FOR`;
  try {
    await withinLockBudget(client, `${verb} TABLE ${list}`, budgetMs);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '55P03') throw error;
    const blockers = await listLockers(client, missing);
    throw new FigError('FIG_CAPTURE_WAITS', `publishing ${missing.join(', ')} waits for a lock: ${blockers}`, {
      remedy: 'End the transaction that changes the table, or wait for it; it is tried again by itself.',
      cause: error,
    });
  }
}

/** Takes out what is not captured. Only for whoever holds the slot. */
export async function withdrawOthers(
  client: Client,
  name: string,
  tables: readonly string[],
  { budgetMs, log }: { readonly budgetMs: number; readonly log: Log },
): Promise<void> {
  const published = (await readPublicationMarks(client, name))?.keys() ?? [];
  const others = [...published].filter((table) => !tables.includes(table));
  if (others.length === 0) return;
  const refusal = await withdraw(client, name, others, budgetMs);
  // Their changes are sent for nothing until the next session tries again.
  if (refusal) log.warn(refusal, 'tables that no read model needs stay published');
}

/** Takes tables out of the publication. Returns what stands against it, and the statement that would do it. */
export async function withdraw(
  client: Client,
  name: string,
  tables: readonly string[],
  budgetMs: number,
): Promise<{ readonly remedy: string; readonly error: string } | undefined> {
  // Only: with tables that came to inherit from one, which were never published, it would fail.
  const list = tables.map((table) => `ONLY ${quoted(table)}`).join(', ');
  const statement = `ALTER PUBLICATION ${escapeIdentifier(name)} DROP TABLE ${list}`;
  try {
    await withinLockBudget(client, statement, budgetMs);
    return undefined;
  } catch (error) {
    return { remedy: `${statement};`, error: describeError(error) };
  }
}

/**
 * What the publication is to each of its tables: another mark whenever it was altered in a way that may have kept changes
 * back, also when that was undone. Undefined when there is no such publication.
 */
export async function readPublicationMarks(
  client: Client,
  name: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const found = await client.query<{ name: string | null; mark: string }>(
    `SELECT n.nspname || '.' || c.relname AS name, concat_ws(' ', p.oid, p.xmin, r.oid, r.xmin) AS mark
       FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid
       LEFT JOIN pg_class c ON c.oid = r.prrelid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE p.pubname = $1`,
    [name],
  );
  if (found.rows.length === 0) return undefined;
  return new Map(found.rows.flatMap((row) => (row.name === null ? [] : [[row.name, row.mark]])));
}

/** A table that is being changed by somebody is locked; without a limit one forgotten session would block us. */
async function withinLockBudget(client: Client, statement: string, budgetMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${budgetMs}`);
  try {
    await client.query(statement);
  } finally {
    await client.query('RESET lock_timeout');
  }
}

async function listLockers(client: Client, tables: readonly string[]): Promise<string> {
  const found = await client.query<{ pid: number; age: string }>(
    `SELECT DISTINCT a.pid, (now() - a.xact_start)::text AS age FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE l.granted AND n.nspname || '.' || c.relname = ANY($1) AND l.mode = ANY($2)`,
    [
      tables,
      ['ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'],
    ],
  );
  return found.rows.map(({ pid, age }) => `pid ${pid} (open for ${age})`).join(', ') || 'it is gone by now';
}

/** Of `schema.table`. */
function quoted(table: string): string {
  const dot = table.indexOf('.');
  return `${escapeIdentifier(table.slice(0, dot))}.${escapeIdentifier(table.slice(dot + 1))}`;
}
