import { Client, type ClientConfig } from 'pg';
import { sessionOptions } from './session-settings.ts';

/** For what is asked on the side. A connection that was cut without a word would keep whoever asks waiting for ever. */
const QUERY_BUDGET_MS = 60_000;
const CONNECT_BUDGET_MS = 30_000;
const END_BUDGET_MS = 2_000;

/** Probes of the system notice a cut while a query is waited for that has no limit. */
export const noticesCuts: ClientConfig = {
  keepAlive: true,
  keepAliveInitialDelayMillis: 30_000,
  connectionTimeoutMillis: CONNECT_BUDGET_MS,
};

/** A connection to legacy whose queries are short. `endConnection` ends it. */
export async function connectToLegacy(url: string, name: string): Promise<Client> {
  const client = new Client({
    ...noticesCuts,
    connectionString: url,
    application_name: name,
    options: sessionOptions(),
    query_timeout: QUERY_BUDGET_MS,
  });
  client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
  await client.connect();
  return client;
}

/** Says goodbye, but does not wait for a server that does not hear it. */
export async function endConnection(client: Client): Promise<void> {
  const timer = setTimeout(() => cutConnection(client), END_BUDGET_MS);
  try {
    await client.end();
  } finally {
    clearTimeout(timer);
  }
}

/** Fails whatever is running on it. */
export function cutConnection(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
