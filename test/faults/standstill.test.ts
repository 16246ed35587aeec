import knexModule, { type Knex } from 'knex';
import { expect, test } from 'vitest';
import { migrateStore } from '../../src/store/control-store.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { until } from '../support/until.ts';
import { freshSummary, legacySchema, storedSummary } from '../sync/summary-model.ts';
import { OwnServer } from '../sync/support/own-server.ts';
import { CaptureProcess } from './capture-process.ts';
import { seedOrders } from './history.ts';

/** What is emptied has another file afterwards, and what is made anew has another number. */
async function readModelFile(target: Knex): Promise<unknown> {
  const { rows } = await target.raw(
    `SELECT oid::text, relfilenode::text FROM pg_class WHERE oid = 'rm_summary_v1.summary'::regclass`,
  );
  return rows;
}

/** Between two pieces of its work, so that it holds no lock. */
async function freezeAtRest(one: CaptureProcess, target: Knex): Promise<void> {
  await until('it stands still with nothing begun', async () => {
    one.freeze();
    const { rows } = await target.raw(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
    );
    if (rows.length > 0) one.thaw();
    return rows.length === 0;
  });
}

test('a process that stood still while its read model was out of use takes nothing from another that serves it by now', async () => {
  await using server = await OwnServer.start({ wal_sender_timeout: '2s' });
  await server.ensureDatabases('legacy', 'target');
  const urls = { legacyUrl: server.url('legacy'), targetUrl: server.url('target') };
  const legacy = knexModule({ client: 'pg', connection: urls.legacyUrl, pool: { min: 0, max: 2 } });
  const target = openTarget(urls.targetUrl);
  try {
    await legacy.raw(legacySchema);
    await migrateStore(target);
    await seedOrders(legacy, 300);
    await using one = await CaptureProcess.start(urls);
    await one.caughtUp();
    const state = async (): Promise<unknown> => (await target('fig.projection').first('state')).state;
    await target.raw(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'out of order' USING ERRCODE = '42P01'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON rm_summary_v1.summary FOR EACH ROW EXECUTE FUNCTION refuse()`);
    await legacy.raw(`UPDATE orders SET note = 'refused' WHERE id < 10`);
    await until('it is out of use', async () => (await state()) === 'paused');
    await freezeAtRest(one, target);
    await target.raw('DROP FUNCTION refuse CASCADE');
    await using two = await CaptureProcess.start(urls);
    await two.caughtUp();
    expect(await state()).toBe('ready');
    const file = await readModelFile(target);

    one.thaw();
    await until('its session has ended', async () => (await one.trouble()).includes('did not start'));
    await legacy.raw(`UPDATE orders SET note = 'later' WHERE id > 290`);
    await two.caughtUp();
    expect(await state()).toBe('ready');
    expect(await storedSummary(target)).toEqual(await freshSummary(legacy));
    expect(await readModelFile(target)).toEqual(file);

    // It is one like any other: when the slot is free it goes on.
    await two.kill();
    await legacy.raw(`UPDATE orders SET note = 'last' WHERE id < 5`);
    await one.caughtUp();
    expect(await storedSummary(target)).toEqual(await freshSummary(legacy));
    expect(await readModelFile(target)).toEqual(file);
  } finally {
    await Promise.all([legacy.destroy(), target.destroy()]);
  }
}, 120_000);
