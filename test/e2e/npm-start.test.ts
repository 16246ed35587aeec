import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { readRunFile } from '../../src/app/run-file.ts';
import { openBrowser } from '../support/browser.ts';
import { dist } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

const shots = new URL('../../test-results/', import.meta.url);

interface Demo {
  readonly admin: string;
  status(): Promise<StatusReport>;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
}

async function startDemo(cwd: string): Promise<Demo> {
  const child = spawn(process.execPath, [join(dist, 'examples/shop/start.js')], {
    cwd,
    env: { ...process.env, FIG_PORT: '0', FIG_ADMIN_PORT: '0', VISITORS_RATE: '15', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(child, 'exit') as Promise<[number | null]>;
  try {
    const admin = await until(
      'the demo is in shadow and compares',
      async () => {
        if (child.exitCode !== null) throw new Error(output);
        const run = await readRunFile(cwd);
        if (!run) return undefined;
        const status = (await (await fetch(`${run.admin}/status`)).json()) as StatusReport;
        const feature = status.features[0]!;
        if (feature.phase === 'shadow' && feature.comparisons.match > 0) return run.admin;
        throw new Error(output);
      },
      120_000,
    );
    return {
      admin,
      status: async () => (await (await fetch(`${admin}/status`)).json()) as StatusReport,
      stop: async () => {
        child.kill('SIGINT');
        return (await exited)[0];
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

test('npm start shows a legacy app being strangled, ends whole at Ctrl-C, and goes on where it was', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'fig-demo-'));
  try {
    const demo = await startDemo(cwd);
    const first = await demo.status();
    expect(first.features[0]!.readModel).toMatchObject({ name: 'order_summary', version: 1, state: 'ready' });

    await using browser = await openBrowser();
    const page = await browser.newPage();
    await page.goto(demo.admin);
    await page.getByText('orders').first().waitFor();
    await page
      .getByText(/comparisons|match/i)
      .first()
      .waitFor();
    await mkdir(shots, { recursive: true });
    await page.screenshot({ path: new URL('npm-start.png', shots).pathname, fullPage: true });

    expect(await demo.stop()).toBe(0);
    for (const address of [first.addresses.proxy, first.addresses.legacy, first.addresses.admin]) {
      await expect(fetch(address)).rejects.toThrow('fetch failed');
    }
    expect(existsSync(join(cwd, '.fig/postgres/data/postmaster.pid'))).toBe(false);

    const again = await startDemo(cwd);
    const second = await again.status();
    expect(second.features[0]).toMatchObject({ phase: 'shadow', fingerprint: first.features[0]!.fingerprint });
    expect(second.features[0]!.comparisons.match).toBeGreaterThanOrEqual(first.features[0]!.comparisons.match);
    expect(await again.stop()).toBe(0);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}, 300_000);
