import { createHash } from 'node:crypto';
import { Client } from 'pg';
import type { SharedReadModelDefinition } from '../../config/shared-read-model.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import { sharedSchemaName } from '../../store/read-model-names.ts';

/** What a schema's comment begins with when fig made it. */
const MARK = 'made by strangler-fig';

/**
 * Makes the views of a shared read model in a schema of their own in the legacy database, in one transaction, unless they are
 * there as they should be. Touches nothing else: a schema of that name that fig did not make is left alone, each
 * statement is one view on one query, and nothing is waited for that the legacy app holds. Throws FIG_VIEWS_REFUSED.
 */
export async function ensureViews(legacyDatabase: string, definition: SharedReadModelDefinition): Promise<void> {
  const { views } = definition;
  if (!views) return;
  const schema = sharedSchemaName(definition);
  const client = new Client({ connectionString: legacyDatabase, application_name: 'fig views' });
  client.on('error', () => undefined); // It fails the query that is running, which is told.
  await client.connect();
  try {
    const mark = `${MARK}, ${digestOf(views)}`;
    const found = await commentOf(client, schema);
    if (found === mark) return;
    if (found !== undefined && found?.startsWith(MARK) !== true) {
      throw refusal(`the schema ${schema} is there already, and fig did not make it`);
    }
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '10s'`);
    if (found === undefined) await run(client, `CREATE SCHEMA ${schema}`, `the schema ${schema}`);
    else await dropViews(client, schema);
    for (const [name, query] of Object.entries(views)) {
      await run(client, `CREATE VIEW ${schema}.${name} AS ${query}`, `the view ${name}`);
    }
    await client.query(`COMMENT ON SCHEMA ${schema} IS '${mark}'`);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

function digestOf(views: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(views)))
    .digest('hex')
    .slice(0, 16);
}

/** Undefined: there is no such schema. */
async function commentOf(client: Client, schema: string): Promise<string | null | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = $1`,
    [schema],
  );
  return rows[0]?.comment;
}

/** Without CASCADE: what somebody else has built on the views is theirs. */
async function dropViews(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind = 'v' AND relnamespace = $1::regnamespace`,
    [schema],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => `${schema}.${name}`).join(', ');
  await run(client, `DROP VIEW ${names}`, `the earlier views in ${schema}`);
}

/** As one statement: the server refuses a text with a second one in it. */
async function run(client: Client, text: string, what: string): Promise<void> {
  try {
    await client.query({ text, queryMode: 'extended' } as { text: string });
  } catch (error) {
    throw refusal(`${what}: ${describeError(error)}`, error);
  }
}

function refusal(message: string, cause?: unknown): FigError {
  return new FigError('FIG_VIEWS_REFUSED', message, cause === undefined ? {} : { cause });
}
