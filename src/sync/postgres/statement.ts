import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Client, QueryResult } from 'pg';

const names = new Map<string, string>();

/** The connection that a transaction holds. knex parses and prepares nothing by name, and copies every parameter twice. */
export async function connectionOf(tx: Knex.Transaction): Promise<Client> {
  return (await tx.client.acquireConnection()) as Client;
}

/**
 * Runs one of a small number of statements on the transaction's connection, prepared once per connection. `types`: of the
 * rows that it returns. Connections outlive sessions, and a prepared statement fails for ever once a column that it
 * returns is given another type, so it then has to be another statement.
 */
export async function runStatement<Row extends object>(
  tx: Knex.Transaction,
  text: string,
  values: readonly (string | null)[],
  types: readonly string[] = [],
): Promise<QueryResult<Row>> {
  const connection = await connectionOf(tx);
  return connection.query<Row>({ name: nameOf([text, ...types].join('\n')), text, values: values as string[] });
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `fig_${createHash('sha1').update(text).digest('hex').slice(0, 24)}`;
    names.set(text, name);
  }
  return name;
}
