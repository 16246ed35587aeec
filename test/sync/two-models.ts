import { expect } from 'vitest';
import { defineReadModel, type ReadModelDefinition } from '../../src/config/read-model-definition.ts';
import type { Position } from '../../src/kernel/position.ts';
import type { Capture } from '../../src/sync/capture/capture.ts';
import { until } from '../support/until.ts';
import type { SyncSetup } from './fixtures.ts';
import { storedSummary, summary } from './summary-model.ts';

/** The same as `summary` under another name, with whatever a test needs to go wrong. */
export function otherModel(more: Partial<ReadModelDefinition> = {}): ReadModelDefinition {
  return defineReadModel({ ...summary, ...more, name: 'other' });
}

/** Rests that a test can sit through. */
export const shortRests = { firstMs: 20, mostMs: 200 };

/** What capture does now and then, it does soon. */
export const soon = { times: { lookAtCatalogEveryMs: 500, keepPositionEveryMs: 250 } };

export const storedOther = ({ target }: SyncSetup): Promise<readonly string[]> => storedSummary(target, 'other');

/** From now on nothing can be written to a table of the target, as if its disk were full. */
export async function fillDisk(setup: SyncSetup, table = 'rm_other_v1.other'): Promise<void> {
  await makeNoRoomFunction(setup);
  await setup.target.raw(`CREATE TRIGGER no_room BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
    FOR EACH STATEMENT EXECUTE FUNCTION public.no_room()`);
}

/** The same as soon as the table is made. */
export async function fillDiskOnceMade(setup: SyncSetup, table: string): Promise<void> {
  await makeNoRoomFunction(setup);
  await setup.target.raw(`
    CREATE FUNCTION public.fill_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = '${table}') THEN
        CREATE TRIGGER no_room BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION public.no_room();
      END IF; END $$`);
  await setup.target.raw(
    `CREATE EVENT TRIGGER fill_disk ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.fill_disk()`,
  );
}

export async function makeRoom({ target }: SyncSetup): Promise<void> {
  await target.raw('DROP EVENT TRIGGER IF EXISTS fill_disk');
  await target.raw('DROP FUNCTION IF EXISTS public.no_room() CASCADE');
}

export async function untilReady(capture: Capture, model: string): Promise<void> {
  await until(`${model} is ready`, () => {
    if (capture.progressOf(model).state === 'ready') return true;
    throw new Error(`${JSON.stringify(capture.progressOf(model))} ${capture.status().error ?? ''}`);
  });
}

export async function untilFailed(capture: Capture, model = 'other'): Promise<void> {
  await until(`${model} has failed`, () => {
    if (capture.progressOf(model).state === 'failed') return true;
    throw new Error(JSON.stringify(capture.progressOf(model)));
  });
}

/** Waits until a read model has everything that was written up to now. Returns how far that is. */
export async function caughtUp(capture: Capture, model: string): Promise<Position> {
  const position = await capture.source.read();
  await until(`${model} has caught up`, async () => {
    capture.source.nudge();
    if (await capture.applied(model)!.waitFor(position, 500)) return capture.progressOf(model).state === 'ready';
    throw new Error(`${JSON.stringify(capture.progressOf(model))} ${capture.status().error ?? ''}`);
  });
  return position;
}

/** Which sessions there were, by the process of the server that each had. */
export async function walSender({ legacy }: SyncSetup): Promise<number | undefined> {
  const found = await legacy.raw(
    'SELECT active_pid FROM pg_replication_slots WHERE database = current_database() AND active',
  );
  return found.rows[0]?.active_pid;
}

/** Up to where the server may forget its log. */
export async function confirmed({ legacy }: SyncSetup): Promise<Position> {
  const found = await legacy.raw(
    `SELECT (confirmed_flush_lsn - '0/0')::text AS at FROM pg_replication_slots WHERE database = current_database()`,
  );
  return BigInt(found.rows[0].at);
}

export async function bothAreRight(setup: SyncSetup): Promise<void> {
  const expected = await setup.expected();
  expect(await setup.actual()).toEqual(expected);
  expect(await storedOther(setup)).toEqual(expected);
}

async function makeNoRoomFunction({ target }: SyncSetup): Promise<void> {
  await target.raw(`
    CREATE OR REPLACE FUNCTION public.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no room is left on the disk' USING ERRCODE = 'disk_full'; END $$`);
}
