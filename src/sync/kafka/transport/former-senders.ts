import { type Client, DatabaseError } from 'pg';
import { describeError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';

const PREFIX = 'fig leader ';
const MISSING_RIGHT = '42501';

/** What the legacy server sees the connection as by which a leader reads. */
export function senderName(process: string): string {
  return `${PREFIX}${process}`;
}

/**
 * Ends the connection by which a former leader holds the slot: only one of them may, and this is the one. It may be of a
 * process that stands still, which the server would wait for. What holds the slot without leading is left alone.
 */
export async function endFormerSenders(
  client: Client,
  { slot, own }: { readonly slot: string; readonly own: string },
  log: Log,
): Promise<void> {
  const { rows } = await client.query<{ pid: number; name: string }>(
    `SELECT a.pid, a.application_name AS name FROM pg_replication_slots s JOIN pg_stat_activity a ON a.pid = s.active_pid
     WHERE s.slot_name = $1 AND a.application_name LIKE $2`,
    [slot, `${PREFIX}%`],
  );
  for (const { pid, name } of rows) {
    try {
      await client.query('SELECT pg_terminate_backend($1)', [pid]);
      if (name !== senderName(own)) log.info({ slot, pid }, 'the connection of a former leader is ended');
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== MISSING_RIGHT) throw error;
      const fields = { code: 'FIG_HOLDER_STUCK', slot, pid, error: describeError(error) };
      log.error(
        fields,
        'a former leader holds the slot, and there is no right to end its connection (pg_signal_backend)',
      );
    }
  }
}
