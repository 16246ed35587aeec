import type { Client } from 'pg';
import { describeError } from '../../kernel/fig-error.ts';
import { parsePosition } from '../../kernel/position.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { tellGivenUp } from './given-up.ts';
import type { SessionOptions } from './session-options.ts';
import type { SlotStanding } from './standstill.ts';

type BoundOptions = Pick<SessionOptions, 'maxBehind' | 'standstill' | 'readModels' | 'onPosition' | 'log'>;

/**
 * Drops the slot when session after session fails and the server has kept too much log meanwhile. All read models are
 * copied again then, once capture works.
 */
export async function boundStandstill(client: Client, slot: string, options: BoundOptions): Promise<void> {
  const { maxBehind, standstill, readModels, onPosition, log } = options;
  const standing = await readIdleSlot(client, slot);
  if (standing === 'in use') return;
  if (standing === undefined) return standstill.over();
  const held = standstill.look(standing);
  if (held <= BigInt(maxBehind)) return;
  const names = readModels.map((model) => readModelNames(model).projection);
  for (const name of names) onPosition(name, undefined);
  try {
    await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  } catch (error) {
    // What stands against it may be what keeps capture from working, and preflight is to tell.
    log.warn(
      { slot, held: String(held), error: describeError(error) },
      'the slot holds much log and cannot be dropped',
    );
    return;
  }
  standstill.over();
  const why = `${held} bytes were kept while nothing could be captured, and capture.maxBehind is ${maxBehind}`;
  for (const name of names) tellGivenUp(log, name, why);
}

/** undefined: there is none of ours that holds anything. */
async function readIdleSlot(client: Client, slot: string): Promise<SlotStanding | 'in use' | undefined> {
  const { rows } = await client.query<{ confirmed: string | null; end: string | null; active: boolean }>(
    `SELECT confirmed_flush_lsn::text AS confirmed, active,
            CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END::text AS "end"
       FROM pg_replication_slots
      WHERE slot_name = $1 AND plugin = 'pgoutput' AND database = current_database() AND wal_status <> 'lost'`,
    [slot],
  );
  const row = rows[0];
  if (!row || row.confirmed === null || row.end === null) return undefined;
  return row.active ? 'in use' : { confirmed: parsePosition(row.confirmed), end: parsePosition(row.end) };
}
