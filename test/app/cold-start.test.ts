import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import type { StatusReport } from '../../src/app/control.ts';
import { runControl } from '../../src/app/roles/run-control.ts';
import { runProxyRole } from '../../src/app/roles/run-proxy-role.ts';
import { runSync } from '../../src/app/roles/run-sync.ts';
import { runUp } from '../../src/app/run-up.ts';
import type { ProgressEvent, RunningFig } from '../../src/app/starting/running-fig.ts';
import type { ProxyStartOptions } from '../../src/app/starting/start-options.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { migrateStore, openStore } from '../../src/store/control-store.ts';
import { startUpstream } from '../proxy/support/harness.ts';
import { Door } from '../support/door.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-cold-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const status = async (admin: string): Promise<StatusReport> => {
  const response = await fetch(`${admin}/status`);
  return response.json() as Promise<StatusReport>;
};
const ask = async (proxy: string): Promise<string> => {
  const response = await fetch(`${proxy}/orders/1`);
  return `${await response.text()}, ${response.headers.get('x-fig-reason')}`;
};
const post = async (admin: string, path: string, body: unknown): Promise<Response> => {
  const headers = { 'content-type': 'application/json', 'x-fig-admin': '1' };
  return fetch(admin + path, { method: 'POST', headers, body: JSON.stringify(body) });
};

/** A legacy app with a feature, a control store behind a door, and starts of a fig in front of both. */
async function startWorld(
  onProgress: (event: ProgressEvent) => void = () => undefined,
  run: (options: ProxyStartOptions) => Promise<RunningFig> = runUp,
) {
  const database = await createTestDatabase();
  const upstream = await startUpstream((req, res) => res.end(`legacy ${req.url}`));
  const url = new URL(database.url);
  const door = new Door({ port: Number(url.port), host: url.hostname });
  await door.open();
  await door.shut();
  url.port = String(door.port);
  url.hostname = '127.0.0.1';
  const configFile = join(folder, 'fig.config.js');
  const config = {
    name: 'cold',
    listen: { port: 0 },
    admin: { port: 0 },
    legacy: { url: upstream.url.origin },
    store: url.href,
    explain: 'always',
    features: [{ name: 'orders', routes: ['GET /orders/:id'], candidate: upstream.url.origin }],
  };
  await writeFile(configFile, `export default ${JSON.stringify(config)}`);

  const warnings: string[] = [];
  const errors: unknown[] = [];
  const start = (): { fig: Promise<RunningFig>; admin: () => string; stop: AbortController } => {
    const stop = new AbortController();
    let admin = '';
    const fig = run({
      configFile,
      folder,
      version: '0',
      onProgress,
      log: { ...silentLog, warn: (_, message) => void warnings.push(message), error: (what) => void errors.push(what) },
      signal: stop.signal,
      startAdmin: async (control, port) => {
        const server = await startAdminServer({ control, port, log: silentLog });
        admin = server.url;
        return server;
      },
    });
    fig.catch(() => undefined);
    return { fig, admin: () => admin, stop };
  };
  return {
    /** Not by the door. */
    storeUrl: database.url,
    door,
    start,
    warnings,
    errors,
    [Symbol.asyncDispose]: async () => {
      await door.shut();
      await upstream[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

it('without the control store users get legacy, the kill switch works, and all begins when the store answers', async () => {
  await using world = await startWorld();
  const { door, start } = world;
  // Neither store nor disk.
  const first = start();
  await until('it serves without the store', () => first.admin() !== '');
  const { addresses } = await status(first.admin());
  expect(await ask(addresses.proxy)).toBe('legacy /orders/1, routing-unknown');
  const refused = await post(first.admin(), '/features/orders/promote', { who: 'ada' });
  expect(await refused.text()).toContain('FIG_STORE_UNREACHABLE');
  expect((await status(first.admin())).storeError).toContain('has not answered yet');
  const killed = await post(first.admin(), '/kill-switch', { on: true, who: 'ada' });
  expect(await killed.json()).toMatchObject({ on: true, told: false });
  await post(first.admin(), '/kill-switch', { on: false, who: 'ada' });

  // The store comes: the same proxy goes on, and knows the phases.
  await door.open();
  const fig = await first.fig;
  expect(fig.addresses.proxy).toBe(addresses.proxy);
  expect(await ask(addresses.proxy)).toBe('legacy /orders/1, phase-legacy');
  expect(await status(first.admin())).not.toHaveProperty('storeError');
  expect(await (await post(first.admin(), '/features/orders/promote', { who: 'ada' })).json()).toMatchObject({
    to: 'shadow',
  });
  await until('the proxy knows', async () => (await ask(addresses.proxy)) === 'legacy /orders/1, phase-shadow');
  await until('it is on disk', async () =>
    (await readFile(join(folder, '.fig/phases.json'), 'utf8')).includes('"shadow"'),
  );
  expect((await stat(join(folder, '.fig/fence-secret'))).mode & 0o777).toBe(0o600);

  // The store goes: the last known phases stay in force.
  await door.shut();
  expect(await ask(addresses.proxy)).toBe('legacy /orders/1, phase-shadow');
  await fig.stop();

  // Disk, but no store: what was kept may be older than a rollback, so legacy answers.
  const second = start();
  await until('it serves from what was kept', () => second.admin() !== '');
  const again = await status(second.admin());
  expect(await ask(again.addresses.proxy)).toBe('legacy /orders/1, routing-from-disk');
  second.stop.abort();
  const stopped = await second.fig;
  await stopped.stop();
}, 60_000);

/** Whatever serves users. */
const serving = [
  { command: 'fig up', run: runUp, atLast: 'phase-legacy' },
  { command: 'fig proxy --config', run: runProxyRole, atLast: 'routing-unknown' },
];

it.each(serving)(
  'a store that goes away again just after it came takes no proxy from its users: $command',
  async ({ run, atLast }) => {
    let goes = 0;
    const world = await startWorld(({ step, state }) => {
      if (step !== 'control store' || state !== 'done') return;
      goes += 1;
      void world.door.shut();
    }, run);
    await using _ = world;
    const { door, start } = world;
    const { fig, admin } = start();
    await until('it serves without the store', () => admin() !== '');
    const { addresses } = await status(admin());
    await door.open();
    await until('the store has come and gone', () => goes === 1);
    const missed = (): number => world.warnings.filter((message) => message.includes('went away')).length;
    await until('it was missed twice', () => missed() >= 2);
    expect(await ask(addresses.proxy)).toBe('legacy /orders/1, routing-unknown');
    await door.open();
    const started = await fig;
    expect(await ask(addresses.proxy)).toBe(`legacy /orders/1, ${atLast}`);
    await started.stop();
  },
  60_000,
);

/** A fig that began without the store, and what it is told by one that a newer fig has migrated until that is taken back. */
async function startRefused(run: (options: ProxyStartOptions) => Promise<RunningFig>) {
  const world = await startWorld(undefined, run);
  const { door, start, storeUrl } = world;
  const store = openStore(storeUrl, { applicationName: 'test' });
  await migrateStore(store);
  await store('fig.migration').insert({ name: '9999-from-a-newer-fig' });
  const first = start();
  await until('it answers without the store', () => first.admin() !== '');
  const { addresses } = await status(first.admin());
  await door.open();
  await until('it says what the store is', async () => {
    const { storeError } = await status(first.admin());
    return storeError?.includes('migrations this version lacks: 9999-from-a-newer-fig') === true;
  });
  return {
    ...world,
    ...first,
    proxy: addresses.proxy,
    probe: async () => {
      const response = await fetch(`${first.admin()}/readyz`);
      return { status: response.status, ...((await response.json()) as object) };
    },
    takeBack: () => store('fig.migration').where({ name: '9999-from-a-newer-fig' }).delete(),
    [Symbol.asyncDispose]: async () => {
      await store.destroy();
      await world[Symbol.asyncDispose]();
    },
  };
}

it.each(serving)(
  'a store that a newer fig has migrated takes no proxy from users that are served already: $command',
  async ({ run, atLast }) => {
    await using refused = await startRefused(run);
    const { admin, proxy, start, errors, takeBack } = refused;
    expect(await ask(proxy)).toBe('legacy /orders/1, routing-unknown');
    expect(await refused.probe()).toMatchObject({ status: 200 });
    const promotion = await post(admin(), '/features/orders/promote', { who: 'ada' });
    expect(await promotion.text()).toContain('FIG_STORE_NEWER');
    expect(errors).toEqual([expect.objectContaining({ code: 'FIG_STORE_NEWER' })]);
    // Whoever starts anew by now is told at once.
    await expect(start().fig).rejects.toMatchObject({ code: 'FIG_STORE_NEWER' });

    await takeBack();
    const fig = await refused.fig;
    expect(fig.addresses.proxy).toBe(proxy);
    expect(await ask(proxy)).toBe(`legacy /orders/1, ${atLast}`);
    expect(await status(admin())).not.toHaveProperty('storeError');
    await fig.stop();
  },
  60_000,
);

it.each([
  { command: 'fig sync', run: runSync },
  { command: 'fig control', run: runControl },
])(
  'whoever serves nobody waits for such a store as well, and tells probes why it does nothing: $command',
  async ({ run }) => {
    await using refused = await startRefused(run);
    const { admin, errors, takeBack } = refused;
    const reason: unknown = expect.stringContaining('migrations this version lacks');
    expect(await refused.probe()).toMatchObject({ status: 503, state: 'down', reason });
    expect(errors).toEqual([expect.objectContaining({ code: 'FIG_STORE_NEWER' })]);

    await takeBack();
    const fig = await refused.fig;
    expect(await refused.probe()).toMatchObject({ status: 200 });
    expect(await status(admin())).not.toHaveProperty('storeError');
    await fig.stop();
  },
  60_000,
);
