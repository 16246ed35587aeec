import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { startEmbeddedPostgres } from '../../../src/app/embedded-postgres/embedded-postgres.ts';
import { parsePosition } from '../../../src/kernel/position.ts';
import { makeServerFolder } from '../../support/pristine-server.ts';
import { until } from '../../support/until.ts';

const child = fileURLToPath(new URL('capture-child.js', import.meta.url));

interface ChildReport {
  readonly peakRss: number;
  readonly applied: string;
  readonly error?: string;
}

/** A server that keeps enough log for a transaction of any size, with the databases `legacy` and `target`. */
export async function startLargeServer() {
  const folder = await makeServerFolder('fig-memory-');
  const settings = { fsync: 'off', max_slot_wal_keep_size: '-1', max_wal_size: '4GB', log_min_messages: 'fatal' };
  const server = await startEmbeddedPostgres({ folder, settings });
  for (const name of ['legacy', 'target']) await server.ensureDatabase(name);
  return {
    url: (database: string) => server.url(database),
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * `built` from its key alone, `watched` by a `dirty` that looks at more, `plucked`: one row of `lists` makes two million keys
 * dirty, `handled`: written by a handler.
 */
export type MeasuredModel = 'built' | 'watched' | 'plucked' | 'handled';

/** Capture of the table `things` in a process of its own, with the heap that is promised to be enough. */
export async function startMeasuredCapture(legacyUrl: string, targetUrl: string, model: MeasuredModel = 'built') {
  // The young generation alone would otherwise grow to what the whole process may use.
  const process = fork(child, [legacyUrl, targetUrl, model], { execArgv: ['--max-old-space-size=160'] });
  const isOver = (): boolean => process.exitCode !== null || process.signalCode !== null;
  const ended = once(process, 'exit');
  const answer = async (): Promise<unknown> => {
    const [answered] = await Promise.race([once(process, 'message'), ended]);
    if (isOver()) throw new Error(`the capture died: ${process.signalCode ?? process.exitCode}`);
    return answered;
  };
  if ((await answer()) !== 'ready') throw new Error('the capture is not ready');
  const ask = async (): Promise<ChildReport> => {
    const answered = answer();
    process.send('how far');
    return (await answered) as ChildReport;
  };
  return {
    ask,
    /** Once everything is applied that legacy has written by now. */
    caughtUp: async (legacy: Client, budgetMs: number): Promise<ChildReport> => {
      const { rows: at } = await legacy.query('SELECT pg_current_wal_insert_lsn()::text AS at');
      const end = parsePosition(at[0].at);
      return until(
        'the transaction is applied',
        async () => {
          const now = await ask();
          if (now.error !== undefined) throw new Error(now.error);
          return BigInt(now.applied) >= end && now;
        },
        budgetMs,
      );
    },
    [Symbol.asyncDispose]: async () => {
      if (isOver()) return;
      process.send('exit');
      await ended;
    },
  };
}
