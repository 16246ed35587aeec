import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../sync/phase.js';
import { startRole } from './sharing/roles.js';
import { checkEqual, createParts, KNOWN_ROWS } from './sharing/schema.js';
import { reached, settled, written } from './sharing/waits.js';

const losses = [
  { who: 'project', how: 'SIGKILL' },
  { who: 'capture', how: 'SIGKILL' },
  { who: 'project', how: 'SIGSTOP' },
  { who: 'capture', how: 'SIGSTOP' },
];

/**
 * One of two processes is killed, or stands still, in the middle of a stream: when is what legacy wrote after that applied
 * to all read models? All are real commands.
 */
export async function takeover({ server, kafka, rounds, progress }) {
  const env = await createParts(server, kafka);
  const running = { capture: [await startRole('capture', env)], project: [await startRole('project', env)] };
  for (const part of Object.keys(running)) running[part].push(await startRole(part, env));
  const samples = [];
  const writing = write(server);
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const loss of losses) {
        progress(`round ${round + 1} of ${rounds}: ${loss.how} of fig sync ${loss.who}`);
        await settled(server, { leaders: running.capture, projectors: running.project });
        samples.push({ ...loss, seconds: await lose(server, running, loss) });
        running[loss.who].push(await startRole(loss.who, env));
      }
    }
    await writing.stop();
    progress('comparing rows');
    await settled(server, { leaders: running.capture, projectors: running.project });
    await checkEqual(server);
  } finally {
    await writing.stop();
    await Promise.allSettled([...running.capture, ...running.project].map((role) => role.stop()));
  }
  return losses.map((loss) => {
    const mine = samples.filter(({ who, how }) => who === loss.who && how === loss.how).map(({ seconds }) => seconds);
    return { ...loss, median: median(mine), most: Math.max(...mine) };
  });
}

/** Seconds from the loss until everybody has what was written at that moment. */
async function lose(server, running, { who, how }) {
  const victim = who === 'capture' ? await leaderOf(server, running.capture) : running.project[0];
  running[who] = running[who].filter((each) => each !== victim);
  victim.signal(how);
  const startedAt = performance.now();
  await reached(server, [...running.capture, ...running.project], await written(server));
  const seconds = (performance.now() - startedAt) / 1000;
  await victim.kill();
  return seconds;
}

async function leaderOf(server, leaders) {
  const { rows } = await server.ours.query(
    `SELECT pid FROM fig.seat WHERE office = 'leader' AND EXISTS (SELECT FROM pg_locks l
       WHERE l.pid = session AND l.classid = ((hashtextextended('strangler-fig leader sharing', 0) >> 32) & 4294967295)::oid
         AND l.objid = (hashtextextended('strangler-fig leader sharing', 0) & 4294967295)::oid)`,
  );
  const leader = leaders.find(({ pid }) => pid === rows[0]?.pid);
  if (!leader) throw new Error('nobody leads');
  return leader;
}

/** A hundred transactions a second or so, on a connection of its own. */
function write(server) {
  let isOver = false;
  const running = server.withClient('legacy', async (client) => {
    for (let n = 0; !isOver; n += 1) {
      await client.query(`UPDATE part_${1 + (n % 8)} SET amount = amount + 1 WHERE id = $1`, [1 + (n % KNOWN_ROWS)]);
      await sleep(10);
    }
  });
  return {
    stop: () => {
      isOver = true;
      return running;
    },
  };
}
