import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRunFile } from '../../src/app/starting/run-file.ts';
import { startUpstream } from '../proxy/support/harness.ts';
import { dist, FigProcess, runFig } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

it('SIGUSR2 to a running process turns it on, the command turns it off, and users are served all along', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'fig-signal-'));
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  const cli = join(dist, 'src/cli/main.js');
  const ports = ['--listen', '0', '--admin-port', '0'];
  const child = spawn(process.execPath, [cli, 'proxy', '--legacy', upstream.url.origin, ...ports], {
    cwd,
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  try {
    const run = await until('it runs', () => readRunFile(cwd));
    const status = async (): Promise<{ killSwitch: { on: boolean }; addresses: { proxy: string } }> => {
      const response = await fetch(`${run.admin}/status`);
      return JSON.parse(await response.text());
    };
    expect((await status()).killSwitch).toEqual({ on: false });
    child.kill('SIGUSR2');
    await until('it is on', async () => (await status()).killSwitch.on);
    const { proxy } = (await status()).addresses;
    expect(await (await fetch(proxy)).text()).toBe('legacy');
    expect(JSON.parse((await runFig(cwd, ['kill-switch', 'off', '--json'])).stdout)).toMatchObject({
      on: false,
      running: true,
    });
    expect((await status()).killSwitch).toEqual({ on: false });
  } finally {
    child.kill('SIGTERM');
    await exited;
    await rm(cwd, { recursive: true, force: true });
  }
});

it('SIGUSR2 while fig is still starting ends nothing, and holds from the first request on', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'fig-early-signal-'));
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  const config = {
    name: 'early',
    listen: { port: 0 },
    admin: { port: 0 },
    legacy: { url: upstream.url.origin },
    features: [{ name: 'orders', routes: ['GET /orders/:id'], candidate: upstream.url.origin }],
  };
  await writeFile(join(cwd, 'fig.config.js'), `export default ${JSON.stringify(config)}`);
  try {
    await using fig = FigProcess.run(cwd, ['up', '--config', 'fig.config.js'], 0);
    await until('it starts its database', () => fig.output !== '');
    fig.signal('SIGUSR2');
    await fig.ready();
    expect((await fig.status()).killSwitch).toMatchObject({ on: true, who: 'signal SIGUSR2' });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}, 60_000);
