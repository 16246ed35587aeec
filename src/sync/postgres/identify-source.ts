import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { parsePosition, type Position } from '../../kernel/position.ts';

export interface SourceIdentity {
  /** The same as long as it is the same server's log and the same database. */
  readonly system: string;
  /** Another one after every failover and point-in-time recovery: positions of two of them cannot be compared. */
  readonly timeline: number;
  /** Where the log ends. */
  readonly end: Position;
}

/** Asks the server who it is. Needs nothing but the right to replicate. */
export async function identifySource(url: string): Promise<SourceIdentity> {
  const config = { connectionString: url, replication: 'database' };
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
    const { systemid, timeline, xlogpos, dbname } = rows[0]!;
    return { system: `${systemid} ${dbname}`, timeline: Number(timeline), end: parsePosition(xlogpos) };
  } finally {
    await client.end();
  }
}

/** A short name of the log that positions belong to. */
export function logDigest({ system, timeline }: SourceIdentity): string {
  return createHash('sha256').update(`${system} ${timeline}`).digest('base64url').slice(0, 8);
}

/**
 * What a read model's stored rows were made from: its definition and the server. Rows made from anything else cannot be
 * carried on with: positions of another log mean nothing. Columns of the sources are `SourceShape`'s business.
 */
export function projectionFingerprint(definition: string, { system }: SourceIdentity): string {
  return createHash('sha256')
    .update(JSON.stringify([definition, system]))
    .digest('hex')
    .slice(0, 16);
}
