// Small transactions at a fixed rate, and probes that are watched until they show at the other end.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { answering } from './answering.js';

const CONNECTIONS = 8;
const PROBES_PER_SECOND = 20;

async function connect(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/**
 * `tables`: in turn, all like `orders`.
 * @param {{ legacy: string, target: string, visible: string, tables?: string[], rate: number, seconds: number, known: number, firstId: number }} task
 */
async function run({ legacy, target, visible, tables = ['orders'], rate, seconds, known, firstId }) {
  const writers = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(legacy)));
  const prober = await connect(legacy);
  const watcher = await connect(target);
  const startedAt = performance.now();
  const total = rate * seconds;
  let next = 0;
  let lateMs = 0;
  const write = async (client) => {
    while (next < total) {
      const n = next;
      next += 1;
      const dueIn = startedAt + (n * 1000) / rate - performance.now();
      if (dueIn > 1) await sleep(dueIn);
      else lateMs = Math.max(lateMs, -dueIn);
      const table = tables[n % tables.length];
      await client.query({
        name: `write ${table}`,
        text: `UPDATE ${table} SET amount = amount + 1, updated_at = clock_timestamp() WHERE id = $1`,
        values: [1 + ((n * 7919) % known)],
      });
    }
  };
  const lags = [];
  /** When each probe that has not been seen yet was committed, by its id. */
  const unseen = new Map();
  const endsAt = startedAt + seconds * 1000;
  // Probes do not wait for each other: a slow one must not keep others from being slow, too.
  const probe = async () => {
    for (let n = 0; performance.now() < endsAt; n += 1) {
      const dueIn = startedAt + (n * 1000) / PROBES_PER_SECOND - performance.now();
      if (dueIn > 1) await sleep(dueIn);
      const id = String(firstId + n);
      const table = tables[n % tables.length];
      await prober.query({
        name: `probe ${table}`,
        text: `INSERT INTO ${table} VALUES ($1, 1, 'probe', 0, 'probe', now())`,
        values: [id],
      });
      unseen.set(id, performance.now());
    }
  };
  const watch = async () => {
    while (performance.now() < endsAt || unseen.size > 0) {
      const found =
        unseen.size === 0
          ? { rows: [] }
          : await watcher.query({ name: 'see', text: visible, values: [[...unseen.keys()]] });
      for (const { id } of found.rows) {
        lags.push(performance.now() - unseen.get(id));
        unseen.delete(id);
      }
      await sleep(1);
    }
  };
  const watching = watch();
  await Promise.all([...writers.map(write), probe()]);
  const tookSeconds = (performance.now() - startedAt) / 1000;
  await watching;
  for (const client of [...writers, prober, watcher]) await client.end();
  return { lags, perSecond: total / tookSeconds, lateMs };
}

answering({ run });
