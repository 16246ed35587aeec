import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { rawClient } from '../proxy/support/harness.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

const workers = 2;
let counters: CountersUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  counters = await CountersUnderFig.create(60);
  fig = await counters.startFig(workers);
  await counters.stepTo(fig, 'live');
  await counters.untilServedByCandidate(workers);
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await counters?.[Symbol.asyncDispose]();
});

async function statusOf(): Promise<StatusReport> {
  const response = await fetch(`${await fig.admin()}/status`);
  return response.json() as Promise<StatusReport>;
}

async function workerIds(): Promise<readonly number[]> {
  return until('all workers serve', async () => {
    const { load } = await statusOf();
    return load?.workers?.length === workers && load.workers;
  });
}

interface KeptAnswer {
  readonly status: number | undefined;
  readonly reason: string | string[] | undefined;
  readonly body: unknown;
}

/** A request on the connection that the agent keeps, so always to the same worker. */
function askVia(agent: Agent, method: string, path: string): Promise<KeptAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-user': 'user-50' };
    const asking = request(counters.url + path, { method, agent, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () =>
        resolve({ status: res.statusCode, reason: res.headers['x-fig-reason'], body: JSON.parse(text) }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

interface Findings {
  /** Answers that were older than what their visitor had committed when they asked. */
  readonly wrong: string[];
  readonly from: { legacy: number; candidate: number };
  cut: number;
}

/**
 * Each client writes to a counter of its own and reads it back on another connection, until it is told to stop; nobody else
 * writes to it. Connections that are cut are counted, whatever else goes wrong is a finding.
 */
async function writeAndReadBack(clients: number, isOver: (round: number) => boolean, first = 1): Promise<Findings> {
  const found: Findings = { wrong: [], from: { legacy: 0, candidate: 0 }, cut: 0 };
  await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      const [id, user] = [first + n, `user-${first + n}`];
      for (let round = 0; !isOver(round); round += 1) {
        const written = await counters.ask('POST', id, user).catch(() => undefined);
        // Also of a write whose answer was cut: what is committed must be seen.
        const committed = await counters.committed(id);
        const read = await counters.ask('GET', id, user).catch(() => undefined);
        if (written === undefined || read === undefined) found.cut += 1;
        if (read === undefined) continue;
        if (read.from === 'legacy' || read.from === 'candidate') found.from[read.from] += 1;
        if (read.value === undefined || read.value < committed) {
          found.wrong.push(`${id}: committed ${committed}, read ${JSON.stringify(read)}`);
        }
      }
    }),
  );
  return found;
}

/** The sum of a counter over all its labels. */
async function total(metric: string): Promise<number> {
  const text = await (await fetch(`${await fig.admin()}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
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
async function reasons(): Promise<ReadonlySet<string | null>> {
  const answers = await Promise.all(Array.from({ length: workers * 4 }, () => counters.ask('GET', 1, 'nobody')));
  return new Set(answers.map(({ reason }) => reason));
}

test('visitors without cookies who write through one worker and read through another never see an old state', async () => {
  const { wrong, from, cut } = await writeAndReadBack(10, (round) => round >= 50);
  expect(wrong).toEqual([]);
  expect(cut).toBe(0);
  // It proves something only where reads come from the read model.
  expect(from.candidate).toBeGreaterThan(50);
  const { traffic, load, breakers, shadow } = await statusOf();
  expect(load?.workers).toHaveLength(workers);
  expect(traffic.requests).toBeGreaterThanOrEqual(1_000);
  expect(breakers).toEqual({ counters: 'closed' });
  expect(shadow?.workerRestarts).toBe(0);
}, 120_000);

test('a worker that is killed under load costs cut connections and nothing else, and no total goes back', async () => {
  const [victim] = await workerIds();
  let isOver = false;
  const totals: number[] = [];
  const watching = (async () => {
    while (!isOver) {
      totals.push((await statusOf()).traffic.requests, await total('fig_requests_total'));
    }
  })();
  const load = writeAndReadBack(8, () => isOver, 20);
  try {
    await until('there is load', () => totals.length >= 4);
    process.kill(victim!, 'SIGKILL');
    const others = await until('it is replaced', async () => {
      const ids = await workerIds();
      return !ids.includes(victim!) && ids;
    });
    expect(others).toHaveLength(workers);
    await counters.untilServedByCandidate(workers);
    const seen = totals.length;
    await until('the newcomer has worked', () => totals.length > seen + 6);
  } finally {
    isOver = true;
  }
  const { wrong, from } = await load;
  await watching;
  expect(wrong).toEqual([]);
  expect(from.candidate).toBeGreaterThan(20);
  for (const start of [0, 1]) {
    const ofOne = totals.filter((_, index) => index % 2 === start);
    expect(ofOne).toEqual(ofOne.toSorted((a, b) => a - b));
  }
}, 120_000);

test('while a worker stands still, the others serve writes and reads, and nobody reads an old state then or later', async () => {
  const [still] = await workerIds();
  let rounds = 0;
  let isOver = false;
  const load = writeAndReadBack(
    8,
    () => {
      rounds += 1;
      return isOver;
    },
    40,
  );
  const goOn = async (): Promise<void> => {
    const before = rounds;
    await until('there is load', () => rounds > before + 40);
  };
  try {
    await goOn();
    process.kill(still!, 'SIGSTOP');
    await goOn();
    await until('legacy answers', async () => (await counters.ask('GET', 1, 'nobody')).reason === 'fence-unknown');
    process.kill(still!, 'SIGCONT');
    await goOn();
  } finally {
    isOver = true;
  }
  expect((await load).wrong).toEqual([]);
  await counters.untilServedByCandidate(workers);
}, 120_000);

test('while the primary stands still, workers serve from legacy, also after writes', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method: string) => askVia(agent, method, '/counters/50');
  expect(await ask('GET')).toMatchObject({ status: 200 });
  fig.signal('SIGSTOP');
  try {
    await until('the worker notices', async () => (await ask('GET')).reason === 'fence-unknown');
    const before = await counters.committed(50);
    expect(await ask('POST')).toMatchObject({ status: 200 });
    expect(await ask('GET')).toMatchObject({ status: 200, body: { value: before + 1, from: 'legacy' } });
  } finally {
    fig.signal('SIGCONT');
    agent.destroy();
  }
  await counters.untilServedByCandidate(workers);
}, 120_000);

test('the kill switch reaches every worker, by command and by signal', async () => {
  expect(await fig.json('kill-switch', 'on', '--why', 'a test')).toMatchObject({ on: true });
  await until('no worker asks the candidate', async () => [...(await reasons())].join() === 'kill-switch');
  expect(await fig.json('kill-switch', 'off', '--why', 'a test')).toMatchObject({ on: false });
  await counters.untilServedByCandidate(workers);
  fig.signal('SIGUSR2');
  await until('no worker asks the candidate', async () => [...(await reasons())].join() === 'kill-switch');
  await fig.json('kill-switch', 'off', '--why', 'a test');
  await counters.untilServedByCandidate(workers);
}, 120_000);

test('a reload, by command and by SIGHUP, is not refused for workers, and they serve on', async () => {
  // The file reads its environment, which cannot change; so what is reloaded is the same, and must not be refused.
  expect(await fig.json('reload')).toEqual({ changed: [] });
  fig.signal('SIGHUP');
  await until('it is told', () => fig.output.includes('the config was read again'));
  expect((await counters.ask('GET', 1, 'nobody')).status).toBe(200);
}, 120_000);

test('a rollback reaches every worker', async () => {
  await fig.json('rollback', 'counters', '--reads', '--why', 'a test');
  await until('no worker asks the candidate', async () => [...(await reasons())].join() === 'phase-shadow');
  const written = await counters.ask('POST', 55, 'user-55');
  expect(await counters.ask('GET', 55, 'user-55')).toMatchObject({ value: written.value, from: 'legacy' });
  await counters.stepTo(fig, 'live');
  await counters.untilServedByCandidate(workers);
}, 120_000);

test('SIGTERM drains every worker, and nothing is left running', async () => {
  const ids = await workerIds();
  const port = counters.port;
  const clients = await Promise.all([0, 1].map(() => rawClient(port, 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n')));
  await until('both are with legacy', () => counters.held.length === 2);
  fig.signal('SIGTERM');
  await until('the port is closed', () =>
    rawClient(port).then(
      ({ socket }) => void socket.destroy(),
      () => true,
    ),
  );
  for (const res of counters.held.splice(0)) res.end('whole');
  for (const client of clients) {
    expect(await client.ended).toBe('end');
    expect(client.text()).toMatch(/Connection: close[^]*whole$/);
  }
  expect(await fig.ended()).toBe(0);
  expect(ids.every(isGone)).toBe(true);
}, 120_000);
