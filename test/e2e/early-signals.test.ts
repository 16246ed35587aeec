import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startUpstream, type Upstream } from '../proxy/support/harness.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import { FigProcess } from '../support/fig-process.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const holdAtImport = new URL('fixtures/hold-at-import.mjs', import.meta.url).pathname;
let cwd: string;
let legacy: Upstream;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fig-early-'));
  legacy = await startUpstream((_, res) => res.end('legacy'));
});
afterEach(async () => {
  await legacy[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

/** A fig that has been started and has not loaded more than its first module. */
async function heldFig(role: string, store: string): Promise<{ fig: FigProcess; letGo: () => Promise<void> }> {
  const config = {
    name: 'early',
    listen: { port: 0 },
    admin: { port: 0 },
    legacy: { url: legacy.url.origin },
    store,
    features: [{ name: 'orders', routes: ['GET /orders/:id'], candidate: legacy.url.origin }],
  };
  await writeFile(join(cwd, 'fig.config.js'), `export default ${JSON.stringify(config)}`);
  const file = join(cwd, 'held');
  const fig = FigProcess.run(cwd, [role, '--config', 'fig.config.js'], 0, {
    HOLD_AT: '/program.js',
    HOLD_FILE: file,
    NODE_OPTIONS: `--import ${holdAtImport}`,
  });
  await until('it is held', () => existsSync(file));
  return { fig, letGo: () => writeFile(`${file}.go`, '') };
}

for (const role of ['up', 'proxy', 'sync', 'control']) {
  test(`SIGUSR2 and SIGHUP before \`fig ${role}\` is loaded do not end it, and it does as they say`, async () => {
    await using store = await createTestDatabase();
    const { fig: held, letGo } = await heldFig(role, store.url);
    await using fig = held;
    fig.signal('SIGUSR2');
    fig.signal('SIGHUP');
    await letGo();
    await fig.ready();
    expect((await fig.status()).killSwitch).toMatchObject({ on: true, who: 'signal SIGUSR2' });
    await until('it reads the config again', () => fig.output.includes('the config was read again'));
  }, 60_000);
}

/** Whether a process has a listener of SIGUSR2, signal 12. */
async function listens(pid: string): Promise<boolean> {
  const caught = /^SigCgt:\s*(\w+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
  return (BigInt(`0x${caught?.[1]}`) & (1n << 11n)) !== 0n;
}

test('signals to all processes of a fig, as service managers send them, end no worker that is being loaded', async () => {
  const file = join(cwd, 'held');
  const ports = ['--listen', '0', '--admin-port', '0', '--workers', '2'];
  await using fig = FigProcess.run(cwd, ['proxy', '--legacy', legacy.url.origin, ...ports], 0, {
    HOLD_AT: '/migration-worker.js',
    HOLD_FILE: file,
    NODE_OPTIONS: `--import ${holdAtImport}`,
  });
  await until('a worker is held', () => existsSync(file));
  const workers = (await readFile(`/proc/${fig.pid}/task/${fig.pid}/children`, 'utf8')).trim().split(' ');
  // Node has to run for a moment before anything can listen, in the other one as well.
  await until('both are there', async () => (await Promise.all(workers.map(listens))).every(Boolean));
  for (const pid of workers) for (const signal of ['SIGUSR2', 'SIGHUP'] as const) process.kill(Number(pid), signal);
  await writeFile(`${file}.go`, '');
  await fig.ready();
  expect((await fig.status()).load?.workers?.map(String).toSorted()).toEqual(workers.toSorted());
  expect(fig.output).not.toContain('FIG_WORKER_DIED');
}, 60_000);

test('a SIGHUP while read models are being built is obeyed: nobody sends it twice', async () => {
  await using counters = await CountersUnderFig.create(10);
  const limitsFile = join(counters.folder, 'limits.json');
  // The slot is made when all transactions have ended that write on the server, so no read model is built before.
  await using elsewhere = await createTestDatabase();
  const writer = new Client({ connectionString: elsewhere.url });
  writer.on('error', () => undefined);
  await writer.connect();
  await writer.query('BEGIN');
  await writer.query('SELECT pg_current_xact_id()');
  const fig = await counters.startFig(1, { LIMITS_FILE: limitsFile });
  await using _ = fig;
  await writeFile(limitsFile, JSON.stringify({ inFlight: 7 }));
  fig.signal('SIGHUP');
  await until('the limit is taken over', () => /"changed":\["limits.inFlight"\].*read again/.test(fig.output));
  expect((await fig.status()).features[0]?.readModel?.state).not.toBe('ready');
  await writer.query('ROLLBACK');
  await writer.end();
  await until('it is built', async () => (await fig.status()).features[0]?.readModel?.state === 'ready');
}, 60_000);

test('a SIGHUP while fig ends cuts nobody off', async () => {
  const held: ServerResponse[] = [];
  await using slow = await startUpstream((_, res) => void held.push(res));
  const ports = ['--listen', '0', '--admin-port', '0', '--stop-grace', '60000'];
  await using fig = FigProcess.run(cwd, ['proxy', '--legacy', slow.url.origin, ...ports], 0);
  await fig.ready();
  const admin = await fig.admin();
  const asked = fetch((await fig.status()).addresses.proxy).then((answer) => answer.text());
  asked.catch(() => undefined);
  await until('it is with legacy', () => held.length === 1);
  fig.signal('SIGTERM');
  await until('it drains', async () => (await fetch(`${admin}/readyz`)).status === 503);
  fig.signal('SIGHUP');
  await until('it has heard that', () => fig.output.includes('the config was not taken over'));
  held[0]!.end('it is answered');
  expect(await asked).toBe('it is answered');
  expect(await fig.ended()).toBe(0);
}, 60_000);
