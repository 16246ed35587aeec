import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { rawClient, startUpstream, type Upstream } from '../proxy/support/harness.ts';
import { FigProcess, runFig } from '../support/fig-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

let cwd: string;
let port: number;
let legacy: Upstream;
let store: TestDatabase;
let fig: FigProcess;
const held: ServerResponse[] = [];

const writeConfig = (more: object): Promise<void> =>
  writeFile(
    join(cwd, 'fig.config.mjs'),
    `export default ${JSON.stringify({
      listen: { port },
      admin: { port: 0 },
      legacy: { url: legacy.url.origin },
      store: store.url,
      ...more,
    })};\n`,
  );

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fig-reload-'));
  port = await freePortNear(17_000 + (process.pid % 900) * 10);
  store = await createTestDatabase();
  legacy = await startUpstream((req, res) => {
    if (req.url === '/held') held.push(res);
    else res.end('from legacy');
  });
  await writeConfig({ limits: { inFlight: 1 } });
  fig = FigProcess.run(cwd, ['up', '--config', 'fig.config.mjs'], port);
  await fig.ready();
}, 60_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await legacy?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

test('a reload takes over limits at once and drops no connection', async () => {
  const keptAlive = await rawClient(port, 'GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
  await keptAlive.receives('from legacy');
  const underWay = await rawClient(port, 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('the request is with legacy', () => held.length === 1);
  expect((await fetch(fig.proxy)).status).toBe(503);

  await writeConfig({ limits: { inFlight: 5 }, fenceBudgetMs: 100 });
  expect(await fig.json('reload')).toEqual({ changed: ['fenceBudgetMs', 'limits.inFlight'] });
  expect((await fetch(fig.proxy)).status).toBe(200);
  held[0]!.end('finished');
  await underWay.receives('finished');
  keptAlive.send('GET /two HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('it is answered on the same connection', () => keptAlive.text().match(/from legacy/g)?.length === 2);
  keptAlive.socket.destroy();
  underWay.socket.destroy();
}, 60_000);

test('a config that is not valid keeps the old one, says why and exits with 1', async () => {
  await writeConfig({ limits: { inFlight: 0 } });
  const refused = await runFig(cwd, ['reload']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('FIG_CONFIG_INVALID');
  expect(refused.stderr).toContain('limits.inFlight');
  expect((await fetch(fig.proxy)).status).toBe(200);
}, 60_000);

test('what cannot change live is refused by name, and nothing else of the file is taken over', async () => {
  await writeConfig({ listen: { port: port + 1 }, limits: { inFlight: 9 } });
  const refused = await runFig(cwd, ['reload']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('FIG_RELOAD_REFUSED');
  expect(refused.stderr).toContain('listen.port');
  await writeConfig({ limits: { inFlight: 9 }, fenceBudgetMs: 100 });
  expect(await fig.json('reload')).toEqual({ changed: ['limits.inFlight'] });
}, 60_000);

test('SIGHUP reloads too', async () => {
  await writeConfig({ limits: { inFlight: 11 }, fenceBudgetMs: 100 });
  fig.signal('SIGHUP');
  await until('it is told', () => fig.output.includes('the config was read again'));
  expect((await fetch(fig.proxy)).status).toBe(200);
}, 60_000);
