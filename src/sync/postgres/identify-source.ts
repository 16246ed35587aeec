import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { parsePosition, type Position } from '../../kernel/position.ts';
import { endConnection, noticesCuts } from './legacy-connection.ts';

const QUERY_BUDGET_MS = 30_000;

export interface SourceIdentity {
  /** The same as long as it is the same server's log and the same database. */
  readonly system: string;
  /** Another one after every failover and point-in-time recovery: positions of two of them cannot be compared. */
  readonly timeline: number;
  /** Timelines before this one, and where the server left each. */
  readonly history: readonly { readonly timeline: number; readonly end: Position }[];
  /** Where the log ends. */
  readonly end: Position;
}

/** Asks the server who it is. Needs nothing but the right to replicate. */
export async function identifySource(url: string): Promise<SourceIdentity> {
  const config = { ...noticesCuts, connectionString: url, replication: 'database', query_timeout: QUERY_BUDGET_MS };
  const client = new Client(config);
  client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
  await client.connect();
  try {
    const { rows } = await client.query<{
      systemid: string;
      timeline: string | number;
      xlogpos: string;
      dbname: string;
    }>('IDENTIFY_SYSTEM');
    // The timeline is an int8, which arrives as text, since PostgreSQL 16.
    const { systemid, xlogpos, dbname } = rows[0]!;
    const timeline = Number(rows[0]!.timeline);
    const history = timeline > 1 ? await readHistory(client, timeline) : [];
    return { system: `${systemid} ${dbname}`, timeline, history, end: parsePosition(xlogpos) };
  } finally {
    await endConnection(client);
  }
}

async function readHistory(client: Client, timeline: number): Promise<SourceIdentity['history']> {
  const { rows } = await client.query<{ content: unknown }>(`TIMELINE_HISTORY ${timeline}`);
  return parseHistory(String(rows[0]?.content));
}

/** Reads a timeline history file: a line `timeline, position, reason` for each timeline that was left. */
export function parseHistory(content: string): SourceIdentity['history'] {
  return Array.from(content.matchAll(/^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/gm), ([, timeline, end]) => ({
    timeline: Number(timeline),
    end: parsePosition(end!),
  }));
}

/** A short name of the log that positions belong to. */
export function logDigest({ system, timeline }: Pick<SourceIdentity, 'system' | 'timeline'>): string {
  return createHash('sha256').update(`${system} ${timeline}`).digest('base64url').slice(0, 8);
}

/**
 * What a read model's stored rows were made from: its definition and the server. Rows made from anything else cannot be
 * carried on with: positions of another log mean nothing. Columns of the sources are `SourceShape`'s business.
 */
export function projectionFingerprint(definition: string, { system }: Pick<SourceIdentity, 'system'>): string {
  return createHash('sha256')
    .update(JSON.stringify([definition, system]))
    .digest('hex')
    .slice(0, 16);
}
