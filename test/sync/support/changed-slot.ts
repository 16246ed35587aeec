import { expect } from 'vitest';
import { parsePosition, type Position } from '../../../src/kernel/position.ts';
import { until } from '../../support/until.ts';
import type { SyncSetup } from '../fixtures.ts';

type Legacy = Pick<SyncSetup, 'legacy'>;

const missed = `UPDATE orders SET note = 'nobody heard of it'`;
const ownSlot = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';

/** The sender of a process that has just ended may hold its slot for a moment longer. */
async function untilFree({ legacy }: Legacy, statement: string): Promise<void> {
  await until('the slot is free', () => legacy.raw(statement).then(() => true));
}

/** What may befall the only slot of a database that nobody reads: a change is missed for ever by whoever goes on with it. */
export const slotChanges = [
  {
    name: 'moved on',
    change: async ({ legacy }: Legacy): Promise<void> => {
      await legacy.raw(missed);
      await untilFree(
        { legacy },
        `SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM (${ownSlot}) s`,
      );
    },
  },
  {
    name: 'dropped and made anew',
    change: async ({ legacy }: Legacy): Promise<void> => {
      const { rows } = await legacy.raw<{ rows: [{ slot_name: string }] }>(ownSlot);
      await untilFree({ legacy }, `SELECT pg_drop_replication_slot(slot_name) FROM (${ownSlot}) s`);
      await legacy.raw(missed);
      await legacy.raw(`SELECT pg_create_logical_replication_slot(?, 'pgoutput')`, [rows[0].slot_name]);
    },
  },
  {
    name: 'dropped',
    change: async ({ legacy }: Legacy): Promise<void> => {
      await untilFree({ legacy }, `SELECT pg_drop_replication_slot(slot_name) FROM (${ownSlot}) s`);
      await legacy.raw(missed);
    },
  },
] as const;

/** What readers are told: a position that covers what legacy has now must not be told before the rows are right. */
export async function watchedPositions(sync: SyncSetup): Promise<{
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
  /** `nudge`: writes something into the log, so that a position is told. */
  readonly untilRight: (nudge: () => void) => Promise<void>;
}> {
  const { rows } = await sync.legacy.raw<{ rows: [{ at: string }] }>('SELECT pg_current_wal_insert_lsn()::text AS at');
  const now = parsePosition(rows[0].at);
  let seen: Promise<readonly string[]> | undefined;
  return {
    onPosition: (_readModel, position) => {
      if (position === undefined || position < now || seen) return;
      seen = sync.actual();
      seen.catch(() => undefined); // Whoever waits is told.
    },
    untilRight: async (nudge) => {
      const told = async (): Promise<readonly string[] | undefined> => {
        nudge();
        return seen;
      };
      expect(await until('a position is told', told, 60_000)).toEqual(await sync.expected());
    },
  };
}
