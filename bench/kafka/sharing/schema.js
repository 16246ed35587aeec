import { load } from '../../dist.js';
import { tables } from './tables.js';

const { migrateStore, openStore } = await load('src/store/control-store.js');

const columns = `id bigint PRIMARY KEY, customer_id bigint NOT NULL, note text, amount numeric(12,2) NOT NULL,
  status text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now()`;

/** Updates in transactions of ten changes, of two neighbouring tables each: all tables have the same share. */
const writer = `
  CREATE PROCEDURE write_parts(changes int, known int) LANGUAGE plpgsql AS $$
  BEGIN
    FOR n IN 1..changes LOOP
      EXECUTE format('UPDATE part_%s SET status = $1, amount = amount + 1, updated_at = clock_timestamp() WHERE id = $2',
        1 + (n / 10 + n % 2) % 8) USING 'paid ' || n, 1 + (n * 7919::bigint) % known;
      IF n % 10 = 0 THEN COMMIT; END IF;
    END LOOP;
  END $$;`;

/** In each of the tables. */
export const KNOWN_ROWS = 20_000;

/** Makes the tables and the control store unless they are there; the answer is the environment of fig.config.js. */
export async function createParts(server, kafka) {
  const { rows } = await server.legacy.query(`SELECT to_regclass('part_1') IS NULL AS missing`);
  if (rows[0].missing) await create(server);
  return {
    FIG_BENCH_LEGACY: server.url('legacy'),
    FIG_DATABASE_URL: server.url('ours'),
    FIG_BENCH_BROKERS: kafka.address,
    FIG_BENCH_TOPIC: 'bench-sharing',
  };
}

async function create(server) {
  for (const table of tables) {
    await server.legacy.query(`CREATE TABLE ${table} (${columns})`);
    await server.legacy.query(
      `INSERT INTO ${table} SELECT n, 1 + n % 1000, 'the note of order ' || n, n % 1000, 'open', now()
       FROM generate_series(1, ${KNOWN_ROWS}) n`,
    );
  }
  await server.legacy.query(writer);
  await server.legacy.query('VACUUM ANALYZE');
  const store = openStore(server.url('ours'), { applicationName: 'bench' });
  await migrateStore(store);
  await store.destroy();
}

const digest = (from) => `SELECT count(*)::int AS count, md5(string_agg(r::text, ',' ORDER BY r.id)) AS md5
  FROM (SELECT id, customer_id, note, amount, status, updated_at FROM ${from}) AS r`;

/** Throws unless each read model is what its table is. */
export async function checkEqual(server) {
  for (const table of tables) {
    const { rows: theirs } = await server.legacy.query(digest(table));
    const { rows: ours } = await server.ours.query(digest(`rm_${table}_copy_v1.${table}_copy`));
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) throw new Error(`${table} and its read model differ`);
  }
}
