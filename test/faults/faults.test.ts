import { rm } from 'node:fs/promises';
import knexModule, { type Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';
import type { Milestone } from '../../src/kernel/milestones.ts';
import { migrateStore } from '../../src/store/control-store.ts';
import { quietLog } from '../../src/store/quiet-pool.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { makeServerFolder } from '../support/pristine-server.ts';
import { until } from '../support/until.ts';
import { freshSummary, legacySchema, storedSummary } from '../sync/summary-model.ts';
import { CaptureProcess, type Databases } from './capture-process.ts';
import { seededRandom, seedOrders, Writer } from './history.ts';

/** `npm run faults` does 240; a test run does each fault once. */
const runs = Number(process.env['FIG_FAULT_RUNS'] ?? 0);
const firstSeed = Number(process.env['FIG_FAULT_SEED'] ?? 1);
let done = 0;

interface Scene extends Databases {
  readonly legacy: Knex;
  readonly target: Knex;
  readonly writer: Writer;
  readonly random: () => number;
  /** The capturing process of the moment. */
  capture: CaptureProcess;
}

/** What it gives back is done before the read model is compared. */
type Fault = (scene: Scene) => Promise<void | (() => Promise<void>)>;

/** Kills the process at a milestone and leaves it to the check to start another one. */
const killAt =
  (at: Milestone, most: number): Fault =>
  async (scene) => {
    await scene.capture.kill();
    scene.capture = await CaptureProcess.start(scene, { at, nth: 1 + Math.floor(scene.random() * most) });
    await until(`it died at ${at}`, () => !scene.capture.isAlive);
  };

/** The same while a copy runs, which only a new slot brings about. */
const killInCopyAt =
  (at: Milestone, most: number): Fault =>
  async (scene) => {
    await scene.capture.kill();
    await dropSlot(scene);
    await killAt(at, most)(scene);
  };

/** The same while a read model that was tampered with is compared and put right. */
const killInReconcileAt =
  (at: Milestone, most: number): Fault =>
  async (scene) => {
    await scene.capture.kill();
    scene.capture = await CaptureProcess.start(scene, { at, nth: 1 + Math.floor(scene.random() * most) });
    await scene.capture.caughtUp();
    await until(`it died at ${at}`, async () => {
      // Again, because writes of legacy may have put all of it right before it was compared.
      await tamper(scene);
      await scene.capture.reconciled().catch(() => undefined);
      return !scene.capture.isAlive;
    });
    return () => scene.capture.reconciled();
  };

/** The table is locked first: capture, too, locks rows of it, in an order of its own. */
async function tamper({ target }: Scene): Promise<void> {
  await target.raw(`BEGIN; LOCK TABLE mirror_summary_v1.orders IN EXCLUSIVE MODE;
    UPDATE mirror_summary_v1.orders SET note = 'tampered' WHERE id % 9 = 0; COMMIT`);
  await target.raw(`BEGIN; LOCK TABLE rm_summary_v1.summary IN EXCLUSIVE MODE;
    DELETE FROM rm_summary_v1.summary WHERE order_id % 11 = 0; COMMIT`);
}

const faults: Readonly<Record<string, Fault>> = {
  'kill -9 after changes have come': killAt('sync:received', 20),
  'kill -9 in the middle of a batch, when the mirror is written': killAt('sync:landed', 20),
  'kill -9 before the commit of a batch': killAt('sync:built', 20),
  'kill -9 between the commit and telling the source': killAt('sync:committed', 20),
  'kill -9 after telling the source': killAt('sync:acknowledged', 20),
  'kill -9 when a chunk is read': killInCopyAt('sync:chunk-read', 3),
  'kill -9 when a chunk is committed': killInCopyAt('sync:chunk-landed', 3),
  'kill -9 in the middle of building': killInCopyAt('sync:page-built', 1),
  'kill -9 in the middle of reconciling': killInReconcileAt('reconcile:range-compared', 3),
  'kill -9 when rows to be repaired are read': killInReconcileAt('reconcile:repair-read', 1),
  'kill -9 when rows are repaired': killInReconcileAt('reconcile:repaired', 1),
  'kill -9 at any moment': async ({ capture, random }) => {
    await new Promise((resolve) => setTimeout(resolve, random() * 300));
    await capture.kill();
  },
  'the replication connection is cut': async ({ legacy }) => {
    await until('it was connected', async () => (await terminated(legacy, `backend_type = 'walsender'`)) > 0);
  },
  'the connections to the target are cut': async ({ target }) => {
    await until('one was connected', async () => (await terminated(target, `application_name = 'fig projection'`)) > 0);
  },
  'the slot is dropped': dropSlot,
  'the disk of the target is full for a while': async ({ target, writer }) => {
    await target.raw(`CREATE OR REPLACE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
    await untilCopied(target);
    await target.raw(
      `CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON mirror_summary_v1.orders EXECUTE FUNCTION disk_full()`,
    );
    const before = writer.committed;
    await until('more was written meanwhile', () => writer.committed > before + 30);
    await target.raw('DROP TRIGGER IF EXISTS disk_full ON mirror_summary_v1.orders');
  },
  'the clock jumps back and forth': async ({ capture, writer }) => {
    for (const hours of [-26, 3, 0]) {
      capture.jumpClock(hours * 3_600_000);
      const before = writer.committed;
      await until('more was written meanwhile', () => writer.committed > before + 10);
    }
  },
  'a second capturing process starts, and the first is killed': async (scene) => {
    const second = await CaptureProcess.start(scene);
    const before = scene.writer.committed;
    await until('more was written meanwhile', () => scene.writer.committed > before + 20);
    await scene.capture.kill();
    scene.capture = second;
  },
  'the server crashes and recovers': async ({ legacy, writer }) => {
    const { rows } = await legacy.raw('SELECT pg_backend_pid() AS pid');
    process.kill(rows[0].pid, 'SIGKILL');
    const before = writer.committed;
    await until('the server takes writes again', () => writer.committed > before + 5);
  },
};

/** Without the slot, changes are missing. After any other fault the rows that there are must do: a rebuild would hide errors. */
const mayRebuild: ReadonlySet<string> = new Set([
  'kill -9 when a chunk is read',
  'kill -9 when a chunk is committed',
  'kill -9 in the middle of building',
  'the slot is dropped',
]);

/** A server of its own, because it gets crashed. */
let server: EmbeddedPostgres;
let folder: string;

beforeAll(async () => {
  folder = await makeServerFolder('fig-faults-');
  server = await startEmbeddedPostgres({
    folder,
    settings: { fsync: 'off', wal_sender_timeout: '10s', log_min_messages: 'panic' },
  });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`faults: ${done} runs, each followed by a comparison with a fresh build\n`);
});

const each = Math.max(1, Math.ceil(runs / Object.keys(faults).length));

for (const [name, fault] of Object.entries(faults)) {
  test(`after ${name}, the read model equals a fresh build`, { timeout: 60_000 + each * 60_000 }, async () => {
    for (let n = 0; n < each; n += 1) {
      await withScene(firstSeed + n, async (scene) => {
        const tables = await tablesOf(scene);
        const settle = await fault(scene);
        await scene.writer.stop();
        if (!scene.capture.isAlive) scene.capture = await CaptureProcess.start(scene);
        await scene.capture.caughtUp();
        await settle?.();
        expect(await storedSummary(scene.target)).toEqual(await freshSummary(scene.legacy));
        const now = await tablesOf(scene);
        expect(now, 'it was not built anew').toEqual(mayRebuild.has(name) ? now : tables);
        done += 1;
      });
    }
  });
}

async function withScene(seedOfRun: number, act: (scene: Scene) => Promise<void>): Promise<void> {
  const random = seededRandom(seedOfRun);
  names += 1;
  const urls = { legacyUrl: server.url(`legacy_${names}`), targetUrl: server.url(`target_${names}`) };
  await server.ensureDatabase(`legacy_${names}`);
  await server.ensureDatabase(`target_${names}`);
  const legacy = knexModule({ client: 'pg', connection: urls.legacyUrl, pool: { min: 0, max: 4 }, log: quietLog });
  const target = openTarget(urls.targetUrl);
  let writer: Writer | undefined;
  let scene: Scene | undefined;
  try {
    await legacy.raw(legacySchema);
    await migrateStore(target);
    await seedOrders(legacy, 1_200);
    const capture = await CaptureProcess.start(urls);
    await capture.caughtUp();
    writer = new Writer(urls.legacyUrl, random);
    scene = { ...urls, legacy, target, writer, random, capture };
    await act(scene);
  } catch (error) {
    throw new Error(`with FIG_FAULT_SEED=${seedOfRun}`, { cause: error });
  } finally {
    await writer?.stop().catch(() => undefined); // The first failure is the one that matters.
    await scene?.capture.kill();
    await dropSlotOf(legacy);
    await Promise.all([legacy.destroy(), target.destroy()]);
  }
}

let names = 0;

/** What is copied or built anew is another table. */
async function tablesOf({ target }: Scene): Promise<unknown> {
  const { rows } = await target.raw(
    `SELECT oid::regclass::text AS name, oid::text AS oid FROM pg_class
      WHERE relkind = 'r' AND relnamespace IN ('mirror_summary_v1'::regnamespace, 'rm_summary_v1'::regnamespace) ORDER BY 1`,
  );
  return rows;
}

async function dropSlot({ legacy }: Scene): Promise<void> {
  await dropSlotOf(legacy);
}

/** A walsender may come back between its end and the dropping, so both go on until the slot has gone. */
async function dropSlotOf(legacy: Knex): Promise<void> {
  await until('the slot is dropped', async () => {
    await terminated(legacy, `backend_type = 'walsender'`);
    await legacy.raw(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database() AND NOT active`,
    );
    const { rows } = await legacy.raw('SELECT 1 FROM pg_replication_slots WHERE database = current_database()');
    return rows.length === 0;
  });
}

async function terminated(db: Knex, which: string): Promise<number> {
  const { rows } = await db.raw(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${which}`,
  );
  return rows.length;
}

async function untilCopied(target: Knex): Promise<void> {
  await until('the read model is there', async () => (await target('fig.projection').first('state')).state === 'ready');
}
