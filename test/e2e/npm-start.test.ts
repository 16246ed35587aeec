import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { startDemoProcess } from '../support/demo-process.ts';

const shots = new URL('../../test-results/', import.meta.url);

test('npm start shows a legacy app being strangled, ends whole at Ctrl-C, and goes on where it was', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'fig-demo-'));
  try {
    const demo = await startDemoProcess(cwd);
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

    const again = await startDemoProcess(cwd);
    const second = await again.status();
    expect(second.features[0]).toMatchObject({ phase: 'shadow', fingerprint: first.features[0]!.fingerprint });
    expect(second.features[0]!.comparisons.match).toBeGreaterThanOrEqual(first.features[0]!.comparisons.match);
    expect(await again.stop()).toBe(0);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}, 300_000);
