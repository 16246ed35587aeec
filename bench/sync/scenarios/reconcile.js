import { startNative } from '../native.js';
import { startOurs } from '../ours.js';
import { timed, turns } from '../phase.js';
import { seed } from '../schema.js';
import { summary } from './backlog.js';

const COLUMNS = 'id, customer_id, note, amount, status, updated_at';

/**
 * A comparison of legacy with the read model while both go on, beside EXCEPT both ways between two tables of one database,
 * which has nothing to transfer and no changes to wait for.
 */
export async function reconcile({ server, rows, rounds, profile, progress }) {
  await seed(server, rows, { items: false });
  const native = await startNative(server, ['orders'], { copy: true });
  const ours = await startOurs(server, 'single', profile);
  const samples = [];
  try {
    progress('first copies');
    await native.start();
    await native.ready();
    await ours.start();
    await ours.ready();
    await server.native.query('CREATE TABLE copied AS TABLE orders');
    const works = {
      native: () =>
        server.native.query(
          `SELECT count(*) FROM (${except('orders', 'copied')} UNION ALL ${except('copied', 'orders')}) d`,
        ),
      ours: () => ours.reconcile(),
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of turns([native, ours], round)) {
        progress(`round ${round + 1} of ${rounds}: ${contestant.name}`);
        samples.push({ name: contestant.name, ...(await timed(server, contestant, works[contestant.name])) });
      }
    }
    await native.pause();
    await ours.pause();
  } finally {
    await ours.stop();
    await native.stop();
  }
  return summary(samples, rows);
}

function except(one, other) {
  return `(SELECT ${COLUMNS} FROM ${one} EXCEPT SELECT ${COLUMNS} FROM ${other})`;
}
