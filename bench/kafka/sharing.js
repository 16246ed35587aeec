import { startChild } from '../load/child.js';
import { median, turns } from '../sync/phase.js';
import { canLimit } from './sharing/quota.js';
import { startRole } from './sharing/roles.js';
import { checkEqual, createParts, KNOWN_ROWS } from './sharing/schema.js';
import { tables } from './sharing/tables.js';
import { costsOf, usageOf, usageSince } from './sharing/usage.js';
import { inTopic, reached, settled, written } from './sharing/waits.js';

/** Of a core: there is room for what two do then, as if each had a machine of its own. */
const SHARE = 0.25;
const free = [{ count: 1 }, { count: 2 }];
const limited = [
  { count: 1, share: SHARE },
  { count: 2, share: SHARE },
];
const visible = tables
  .map((table) => `SELECT id FROM rm_${table}_copy_v1.${table}_copy WHERE id = ANY ($1::bigint[])`)
  .join(' UNION ALL ');

/**
 * Eight read models of a topic, applied by one process and by two: how fast is a backlog worked off, and how late is a
 * stream? All are real commands.
 */
export async function sharing({ server, kafka, changes, rate, seconds, rounds, profile, progress }) {
  const env = await createParts(server, kafka);
  const leaders = [await startRole('capture', env)];
  const load = await startChild(new URL('../sync/load-child.js', import.meta.url), ['load']);
  const samples = [];
  const streams = [];
  const contestants = [...free, ...(canLimit() ? limited : [])];
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const { count, share } of turns(contestants, round)) {
        const who = `${count} applying${share ? ` with ${share} of a core` : ''}`;
        const told = (what) => progress(`round ${round + 1} of ${rounds}, ${who}: ${what}`);
        told('starting');
        const projectors = [];
        try {
          for (let n = 0; n < count; n += 1) projectors.push(await startRole('project', env, profile));
          const all = { server, kafka, leaders, projectors };
          await settled(server, all);
          // A process that has just started spends most of its time on compiling.
          await applyBacklog(all, { changes: Math.ceil(changes / 4), told });
          if (share) for (const projector of projectors) projector.limit(share);
          const some = share ? Math.ceil(changes / 3) : changes;
          samples.push({ count, share, changes: some, ...(await applyBacklog(all, { changes: some, told })) });
          if (share) continue;
          told(`${rate} transactions/s`);
          const firstId = 200_000_000 + (round * 2 + count) * 1_000_000;
          streams.push({ count, ...(await followStream(all, { load, rate, seconds, firstId })) });
        } finally {
          await Promise.all(projectors.map((projector) => projector.stop()));
        }
      }
    }
    progress('comparing rows');
    await checkEqual(server);
  } finally {
    await Promise.allSettled([...leaders.map((leader) => leader.stop()), load.stop()]);
  }
  const backlog = contestants.map((contestant) => backlogRow(samples, contestant));
  return {
    changes,
    rate,
    seconds,
    backlog,
    stream: free.map(({ count }) => streamRow(streams, count, rate * seconds)),
  };
}

/**
 * The changes are in the topic before the first of them can be committed, because the rows of the projections are locked:
 * neither the start of a process nor the leader's work is in the time.
 */
async function applyBacklog(all, { changes, told }) {
  const { server, leaders, projectors } = all;
  const roles = [...leaders, ...projectors];
  told(`writing ${changes} changes`);
  await server.ours.query('BEGIN');
  await server.ours.query('SELECT FROM fig.projection FOR UPDATE');
  await server.legacy.query('SET synchronous_commit = off');
  await server.legacy.query(`CALL write_parts(${changes}, ${KNOWN_ROWS})`);
  const end = await written(server);
  await server.legacy.query('CHECKPOINT');
  await inTopic(server, roles, end);
  told('applying');
  const before = usageOf(all);
  const startedAt = performance.now();
  await server.ours.query('ROLLBACK');
  await reached(server, roles, end);
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, ...usageSince(before, usageOf(all)) };
}

async function followStream(all, { load, rate, seconds, firstId }) {
  const { server } = all;
  const task = { legacy: server.url('legacy'), target: server.url('ours'), visible, tables, rate, known: KNOWN_ROWS };
  // Warm-up that nobody looks at.
  await load.ask('run', { ...task, seconds: 1, firstId });
  const before = usageOf(all);
  const { lags, perSecond } = await load.ask('run', { ...task, seconds, firstId: firstId + 500_000 });
  return { lags, perSecond, seconds, ...usageSince(before, usageOf(all)) };
}

/** Rates are medians; the ratio is the median of the ratios to one process with as much of a core within each round. */
function backlogRow(samples, { count, share }) {
  const rates = (of) => samples.filter((each) => each.share === share && each.count === of).map(rateOf);
  const mine = samples.filter((each) => each.share === share && each.count === count);
  const alone = rates(1);
  const perSecond = rates(count);
  const ratio = median(perSecond.map((rate, n) => rate / alone[n]));
  return { count, share, perSecond: median(perSecond), ratio, ...costsOf(mine, mine[0].changes) };
}

const rateOf = ({ changes, seconds }) => changes / seconds;

function streamRow(streams, count, transactions) {
  const mine = streams.filter((each) => each.count === count);
  const lags = mine.flatMap((each) => each.lags).toSorted((a, b) => a - b);
  const at = (share) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))];
  const achieved = median(mine.map(({ perSecond }) => perSecond));
  const costs = costsOf(mine, transactions);
  return { count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: lags.at(-1), achieved, ...costs };
}
