import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import type { StatusReport } from '../../src/app/control.ts';
import { rawClient, startUpstream, type Upstream } from '../proxy/support/harness.ts';
import { FigProcess } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

let cwd: string;
let legacy: Upstream;
let held: ServerResponse[];

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fig-workers-'));
  held = [];
  legacy = await startUpstream((req, res) => {
    if (req.url?.startsWith('/held')) held.push(res);
    else res.end('from legacy');
  });
});

afterEach(async () => {
  await legacy[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

async function startProxy(...more: string[]): Promise<FigProcess> {
  const port = await freePortNear(18_000 + (process.pid % 900) * 10);
  const args = ['proxy', '--legacy', legacy.url.href, '--listen', String(port), '--admin-port', '0', '--workers', '2'];
  const fig = FigProcess.run(cwd, [...args, ...more], port);
  await fig.ready();
  return fig;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

const statusOf = (fig: FigProcess): Promise<StatusReport> => fig.status();

/** Connections go to the workers in turn, so that a request on each of several reaches all of them. */
async function askOnFreshConnections(fig: FigProcess, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const answer = await fetch(`${fig.proxy}/orders/${i}`, { headers: { connection: 'close' } });
    expect(await answer.text()).toBe('from legacy');
  }
}

test('two workers share one port, one admin view and one set of metrics', async () => {
  await using fig = await startProxy();
  await askOnFreshConnections(fig, 20);
  const status = await until('all requests are counted', async () => {
    const { traffic, load } = await statusOf(fig);
    return traffic.requests === 20 && { traffic, load };
  });
  expect(status.load?.workers).toHaveLength(2);
  expect(status.traffic.routes).toMatchObject([{ path: '/orders/:id', requests: 20, statuses: { '2xx': 20 } }]);
  const admin = await fig.admin();
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toMatch(/^fig_requests_total\{served_by="legacy",status_class="2xx",reason="no-route"\} 20$/m);
  expect(metrics).toMatch(/^fig_request_duration_seconds_count\{served_by="legacy"\} 20$/m);
  expect(metrics.match(/^# TYPE fig_requests_total /gm)).toHaveLength(1);
  expect(await (await fetch(`${admin}/readyz`)).json()).toMatchObject({
    ready: true,
    state: 'serving',
    workers: { serving: 2, wanted: 2 },
  });
}, 60_000);

test('a worker that is killed is replaced, the other serves on, and no count goes back', async () => {
  await using fig = await startProxy();
  await askOnFreshConnections(fig, 10);
  const before = await until('all requests are counted', async () => {
    const status = await statusOf(fig);
    return status.traffic.requests === 10 && status.load?.workers;
  });
  process.kill(before[0]!, 'SIGKILL');
  await until('it is noticed', async () => !(await statusOf(fig)).load?.workers?.includes(before[0]!));
  await askOnFreshConnections(fig, 10);
  const after = await until('there are two again', async () => {
    const status = await statusOf(fig);
    return status.load?.workers?.length === 2 && status;
  });
  expect(after.load?.workers).toContain(before[1]);
  expect(after.traffic.requests).toBe(20);
  const metrics = await (await fetch(`${await fig.admin()}/metrics`)).text();
  expect(metrics).toMatch(/^fig_requests_total\{served_by="legacy",status_class="2xx",reason="no-route"\} 20$/m);
}, 60_000);

test('SIGTERM drains every worker: not ready first, answers under way are finished, then all are gone', async () => {
  await using fig = await startProxy('--drain-delay', '1500', '--stop-grace', '30000');
  const admin = await fig.admin();
  const { load } = await statusOf(fig);
  const port = Number(new URL(fig.proxy).port);
  const clients = await Promise.all(
    [0, 1, 2, 3].map((i) => rawClient(port, `GET /held/${i} HTTP/1.1\r\nHost: a\r\n\r\n`)),
  );
  await until('all requests are with legacy', () => held.length === 4);
  fig.signal('SIGTERM');
  const readiness = await until('readiness is red', async () => {
    const answer = await fetch(`${admin}/readyz`);
    return answer.status === 503 && (await answer.json());
  });
  expect(readiness).toMatchObject({ ready: false, state: 'draining' });
  // Load balancers that have not noticed yet are still served, and told to go.
  const late = await fetch(`${fig.proxy}/late`);
  expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
  await until('the port is closed', () =>
    rawClient(port).then(
      ({ socket }) => void socket.destroy(),
      () => true,
    ),
  );
  expect((await fetch(`${admin}/readyz`)).status).toBe(503);
  for (const res of held) res.end('whole');
  for (const client of clients) {
    expect(await client.ended).toBe('end');
    expect(client.text()).toMatch(/Connection: close[^]*whole$/);
  }
  expect(await fig.ended()).toBe(0);
  expect(load?.workers).toHaveLength(2);
  expect(load?.workers?.every(isGone)).toBe(true);
}, 60_000);

test('a second signal ends everything at once, workers included', async () => {
  await using fig = await startProxy('--stop-grace', '60000');
  const { load } = await statusOf(fig);
  const client = await rawClient(Number(new URL(fig.proxy).port), 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('the request is with legacy', () => held.length === 1);
  fig.signal('SIGTERM');
  await until('it stops', () => fig.output.includes('stopping'));
  fig.signal('SIGTERM');
  expect(await fig.ended()).toBe(130);
  await client.ended;
  await until('the workers are gone', () => (load?.workers ?? []).every(isGone));
}, 60_000);

test('workers go when the primary is killed', async () => {
  await using fig = await startProxy('--stop-grace', '100');
  const { load } = await statusOf(fig);
  await fig.kill();
  await until('the workers are gone', () => (load?.workers ?? []).every(isGone));
}, 60_000);

test('a port that is taken is told as without workers', async () => {
  const fig = FigProcess.run(
    cwd,
    ['proxy', '--legacy', 'http://127.0.0.1:1', '--listen', String(legacy.port), '--admin-port', '0', '--workers', '2'],
    legacy.port,
  );
  expect(await fig.ended()).toBe(1);
  await until('it says why', () => fig.output.includes('FIG_PORT_IN_USE'));
}, 60_000);

test('a worker that hangs is killed and replaced, and the port serves on', async () => {
  await using fig = await startProxy();
  const [hung] = await until('both serve', async () => {
    const { load } = await statusOf(fig);
    return load?.workers?.length === 2 && load.workers;
  });
  process.kill(hung!, 'SIGSTOP');
  await until('it is gone', async () => isGone(hung!), 40_000);
  await until('there are two others', async () => {
    const { workers } = (await statusOf(fig)).load ?? {};
    return workers?.length === 2 && !workers.includes(hung!);
  });
  await askOnFreshConnections(fig, 10);
}, 90_000);
