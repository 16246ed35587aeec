import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Client } from 'pg';

export interface InjectedLag {
  /** Milliseconds from a commit in legacy until the read model shows it, measured by writing and reading. */
  readonly lagsMs: readonly number[];
  readonly holds: number;
  stop(): Promise<void>;
}

export interface LagOptions {
  readonly targetUrl: string;
  readonly target: Knex;
  readonly legacy: Knex;
  /** With its schema. */
  readonly table: string;
  /** An order that nobody else writes; its note tells the time. */
  readonly probeOrder: number;
  readonly mostMs: number;
}

/** Holds up the real pipeline: a lock on the target's table lets it be read and not be written. */
export function injectLag(options: LagOptions): InjectedLag {
  const { targetUrl, target, legacy, table, probeOrder, mostMs } = options;
  const end = new AbortController();
  const { signal } = end;
  const lagsMs: number[] = [];
  const state = { holds: 0 };
  const rest = (ms: number): Promise<unknown> => delay(ms, undefined, { signal }).catch(() => undefined);

  async function hold(): Promise<void> {
    const client = new Client({ connectionString: targetUrl });
    await client.connect();
    while (!signal.aborted) {
      await client.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`);
      state.holds += 1;
      await rest(Math.random() * mostMs);
      await client.query('COMMIT');
      await rest(Math.random() * mostMs * 0.75);
    }
    await client.end();
  }

  async function probe(): Promise<void> {
    const notes = target(table).where({ order_id: probeOrder });
    while (!signal.aborted) {
      const at = Date.now();
      await legacy('orders')
        .where({ id: probeOrder })
        .update({ note: String(at) });
      const committed = performance.now();
      while (!signal.aborted) {
        const row: { note: string | null } | undefined = await notes.clone().first('note');
        if (row?.note === String(at)) break;
        await rest(5);
      }
      if (!signal.aborted) lagsMs.push(performance.now() - committed);
      await rest(20);
    }
  }

  const all = Promise.all([hold(), probe()]);
  all.catch(() => end.abort());
  return {
    lagsMs,
    get holds() {
      return state.holds;
    },
    stop: async () => {
      end.abort();
      await all;
    },
  };
}
