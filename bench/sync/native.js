import { setTimeout as sleep } from 'node:timers/promises';

const SLOT = 'bench_native';

/**
 * PostgreSQL's own subscription in a third database. The slot is made beforehand: CREATE SUBSCRIPTION would wait for its own
 * transaction if it made one on the server it runs on.
 */
export async function startNative(server, tables, { copy = false } = {}) {
  await server.legacy.query(`CREATE PUBLICATION ${SLOT} FOR TABLE ${tables.join(', ')}`);
  await server.legacy.query(`SELECT pg_create_logical_replication_slot('${SLOT}', 'pgoutput')`);
  await server.native.query(
    `CREATE SUBSCRIPTION ${SLOT} CONNECTION '${server.url('legacy')}' PUBLICATION ${SLOT}
       WITH (create_slot = false, slot_name = '${SLOT}', enabled = false, copy_data = ${copy})`,
  );
  return {
    name: 'native',
    start: () => server.native.query(`ALTER SUBSCRIPTION ${SLOT} ENABLE`),
    pause: async () => {
      await server.native.query(`ALTER SUBSCRIPTION ${SLOT} DISABLE`);
      await until(server.legacy, `SELECT NOT active AS ok FROM pg_replication_slots WHERE slot_name = '${SLOT}'`);
    },
    /** Every table is copied. */
    ready: () =>
      until(server.native, `SELECT count(*) > 0 AND bool_and(srsubstate IN ('r', 's')) AS ok FROM pg_subscription_rel`),
    /** The worker says that it has applied, and made durable, everything up to here; `replay` alone is not durable. */
    reached: (position) =>
      until(
        server.legacy,
        `SELECT bool_or(replay_lsn >= $1::pg_lsn) AS ok FROM pg_stat_replication WHERE application_name = '${SLOT}'`,
        [formatPosition(position)],
      ),
    usage: () => ({ cpuSeconds: 0, peakRssBytes: 0 }),
    stop: async () => {
      await server.native.query(`ALTER SUBSCRIPTION ${SLOT} DISABLE`);
      await server.native.query(`ALTER SUBSCRIPTION ${SLOT} SET (slot_name = NONE)`);
      await server.native.query(`DROP SUBSCRIPTION ${SLOT}`);
      await until(server.legacy, `SELECT NOT active AS ok FROM pg_replication_slots WHERE slot_name = '${SLOT}'`);
      await server.legacy.query(`SELECT pg_drop_replication_slot('${SLOT}')`);
      await server.legacy.query(`DROP PUBLICATION ${SLOT}`);
      await server.native.query('TRUNCATE customers, orders, items, probes');
    },
  };
}

/** @param {string} position decimal */
function formatPosition(position) {
  const value = BigInt(position);
  return `${(value >> 32n).toString(16)}/${(value & 0xffff_ffffn).toString(16)}`;
}

/** Waits for a query whose column `ok` says whether it is so. */
async function until(client, sql, values) {
  while ((await client.query(sql, values)).rows[0]?.ok !== true) await sleep(5);
}
