import { expect, test } from 'vitest';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { openBrowser } from '../support/browser.ts';
import { sampleControl } from '../support/sample-control.ts';

test('the status page lists the processes of a migration and marks one with another config', async () => {
  const process = {
    host: 'web-1',
    version: '0.1.0',
    startedAt: new Date(Date.now() - 3 * 60_000).toISOString(),
    seenSecondsAgo: 0,
    hasSameConfig: true,
  };
  const processes = [
    {
      ...process,
      id: 'a',
      role: 'proxy' as const,
      pid: 11,
      state: 'serving' as const,
      requests: 1_200,
      hasSameConfig: false,
    },
    { ...process, id: 'b', role: 'sync' as const, pid: 12, state: 'gone' as const, seenSecondsAgo: 40 },
  ];
  const addresses = { proxy: 'http://a:1, http://b:2', legacy: 'http://c:3', admin: 'http://d:4' };
  await using server = await opened({ processes, addresses });
  await server.page.getByRole('heading', { name: 'Processes' }).waitFor();
  const rows = server.page.getByRole('region', { name: 'Processes' }).locator('tbody tr');
  expect(await rows.allInnerTexts()).toEqual([
    expect.stringMatching(/proxy\s+web-1 11\s+serving\s*another config\s+3 min\s+1,200/),
    expect.stringMatching(/sync\s+web-1 12\s+gone\s+3 min/),
  ]);
  expect(await server.page.getByRole('link', { name: 'b:2' }).getAttribute('href')).toBe('http://b:2');
});

async function opened(over: Parameters<typeof sampleControl>[0]) {
  const browser = await openBrowser();
  const server = await startAdminServer({ control: sampleControl(over), port: 0, log: silentLog });
  const page = await browser.newPage();
  await page.goto(server.url);
  return {
    page,
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await server.stop();
    },
  };
}
