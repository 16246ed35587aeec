import { setTimeout as sleep } from 'node:timers/promises';
import { endOfLog } from '../../sync/phase.js';
import { tables } from './tables.js';

/** Waits until something is so. Throws when one of the processes has ended meanwhile. */
export async function until(roles, isSo) {
  while (!(await isSo())) {
    for (const role of roles) role.check();
    await sleep(5);
  }
}

/** How many read models each process holds that lives, ascending. */
export async function shares(server) {
  const { rows } = await server.ours.query(
    `SELECT cardinality(held) AS held FROM fig.seat WHERE office = 'projector'
       AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = session AND l.locktype = 'advisory') ORDER BY 1`,
  );
  return rows.map(({ held }) => held);
}

/** Each that applies has its share, and every read model is level with legacy. */
export async function settled(server, { leaders, projectors }) {
  const even = projectors.map((_, n) => Math.floor((tables.length + n) / projectors.length)).toSorted((a, b) => a - b);
  const all = [...leaders, ...projectors];
  await until(all, async () => String(await shares(server)) === String(even));
  await reached(server, all, await written(server));
}

/**
 * A position after all that was written. It is in the middle of a transaction that changes all tables: nobody keeps a position
 * at once for what changes nothing of its own.
 */
export async function written(server) {
  await server.legacy.query('BEGIN');
  const end = await endOfLog(server);
  for (const table of tables) await server.legacy.query(`UPDATE ${table} SET status = 'last' WHERE id = 1`);
  await server.legacy.query('COMMIT');
  return end;
}

/** All read models can be read, and stand there. */
export async function reached(server, roles, position) {
  await until(roles, async () => {
    const { rows } = await server.ours.query(
      `SELECT count(*)::int AS count FROM fig.projection
       WHERE name LIKE 'part\\_%' AND state = 'ready' AND position >= $1`,
      [position],
    );
    return rows[0].count === tables.length;
  });
}

/** The topic has everything up to there. */
export async function inTopic(server, roles, position) {
  await until(roles, async () => {
    const { rows } = await server.ours.query(
      `SELECT place_position >= $1 AS done FROM fig.transport WHERE migration = 'sharing'`,
      [position],
    );
    return rows[0]?.done === true;
  });
}
