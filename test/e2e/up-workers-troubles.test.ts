import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from 'pg';
import type { StatusReport } from '../../src/app/control.ts';
import { rawClient } from '../proxy/support/harness.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

const workers = 2;
let counters: CountersUnderFig;
let fig: FigProcess;
let limitsFile: string;
let faultFile: string;

async function startAll(): Promise<void> {
  counters = await CountersUnderFig.create(40);
  limitsFile = join(counters.folder, 'limits.json');
  faultFile = join(counters.folder, 'fault');
  fig = await counters.startFig(workers, { LIMITS_FILE: limitsFile, FAULT_FILE: faultFile });
  await until('all workers serve', async () => (await workerIds()).length === workers);
}

async function stopAll(): Promise<void> {
  await fig?.[Symbol.asyncDispose]();
  await counters?.[Symbol.asyncDispose]();
}

async function statusOf(): Promise<StatusReport> {
  const response = await fetch(`${await fig.admin()}/status`);
  return response.json() as Promise<StatusReport>;
}

async function workerIds(): Promise<readonly number[]> {
  return (await statusOf()).load?.workers ?? [];
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** Asks on so many connections that every worker has answered. */
async function asked(): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(Array.from({ length: workers * 4 }, () => counters.ask('GET', 1, 'nobody')));
  return new Set(answers.map(({ status, reason }) => `${status} ${reason}`));
}

/** With a limit of one for each worker: requests that legacy holds, one in each. */
async function fillEveryWorker(): Promise<AsyncDisposable> {
  const clients: Awaited<ReturnType<typeof rawClient>>[] = [];
  while (counters.held.length < workers) {
    const before = counters.held.length;
    const client = await rawClient(counters.port, 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    clients.push(client);
    await until('it is held or refused', () => counters.held.length > before || client.text() !== '');
  }
  return {
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.socket.destroy();
      counters.held.splice(0);
      await until('they are over', async () => (await statusOf()).traffic.inFlight === 0);
    },
  };
}

async function replaced(victim: number): Promise<void> {
  await until('it is replaced', async () => {
    const ids = await workerIds();
    return ids.length === workers && !ids.includes(victim);
  });
}

async function openings(): Promise<number> {
  const client = new Client({ connectionString: counters.databases.target.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM fig.breaker_opening');
    return Number(rows[0]!.count);
  } finally {
    await client.end();
  }
}

// By itself: what a worker owes that goes before a feature enters is waited for 30 s.
describe('limits', () => {
  beforeAll(startAll, 120_000);
  afterAll(stopAll);

  test('a reload gives every worker its share of a changed limit, and those that are started later too', async () => {
    await writeFile(limitsFile, JSON.stringify({ inFlight: workers }));
    expect(await fig.json('reload')).toEqual({ changed: ['limits.inFlight'] });
    {
      await using _ = await fillEveryWorker();
      expect(await asked()).toEqual(new Set(['503 null']));
    }
    const [victim] = await workerIds();
    process.kill(victim!, 'SIGKILL');
    await replaced(victim!);
    await using _ = await fillEveryWorker();
    expect(await asked()).toEqual(new Set(['503 null']));
    await writeFile(limitsFile, JSON.stringify({ inFlight: 200 }));
    fig.signal('SIGHUP');
    await until('every worker has room', async () => {
      const answers = [...(await asked())].join();
      if (answers === '200 phase-legacy') return true;
      throw new Error(`${answers}; ${fig.output.slice(-2_000)}`);
    });
  }, 120_000);
});

describe('failures', () => {
  beforeAll(startAll, 120_000);
  afterAll(stopAll);

  test('a candidate that fails opens the breaker of every worker, which is evidence, and costs nobody an answer', async () => {
    await counters.stepTo(fig, 'live');
    await counters.untilServedByCandidate(workers);
    await writeFile(faultFile, '');
    const seen = new Set<string>();
    await until('every breaker is open', async () => {
      const now = await asked();
      for (const each of now) seen.add(each);
      return [...now].join() === '200 breaker-open';
    });
    expect([...seen].filter((each) => !each.startsWith('200 '))).toEqual([]);
    const { breakers } = await statusOf();
    expect(breakers?.['counters']).not.toBe('closed');
    await until('it is in the store', async () => (await openings()) > 0);
    await rm(faultFile);
    await counters.untilServedByCandidate(workers);
    await until('all are closed', async () => (await statusOf()).breakers?.['counters'] === 'closed');
  }, 120_000);

  test('a port that is taken is told, and the fig that has it goes on', async () => {
    const folder = join(counters.folder, 'second');
    await mkdir(folder);
    const second = counters.runFig(workers, folder);
    expect(await second.ended()).toBe(1);
    await until('it says why', () => second.output.includes('FIG_PORT_IN_USE'));
    await counters.untilServedByCandidate(workers);
  }, 120_000);

  test('when the first process is killed, the workers go, and a new fig serves from where it was', async () => {
    const ids = await workerIds();
    expect(ids).toHaveLength(workers);
    await fig.kill();
    await until('the workers are gone', () => ids.every(isGone));
    fig = await counters.startFig(workers, { LIMITS_FILE: limitsFile, FAULT_FILE: faultFile });
    await counters.untilServedByCandidate(workers);
  }, 120_000);
});
