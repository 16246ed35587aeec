import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { openBrowser } from '../support/browser.ts';
import { type SampleControl, sampleControl } from '../support/sample-control.ts';
import { sampleConnector, sampleTransport } from '../support/sample-transport.ts';

let browser: Browser;
let server: Awaited<ReturnType<typeof startAdminServer>>;
let control: SampleControl;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  control = sampleControl({ transport: sampleTransport() });
  server = await startAdminServer({ control, port: 0, log: silentLog });
  page = await browser.newPage({ viewport: { width: 1_100, height: 1_400 } });
  await page.goto(server.url);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** With FIG_SCREENSHOTS, a folder to look at. */
async function shoot(name: string): Promise<void> {
  const folder = process.env['FIG_SCREENSHOTS'];
  if (folder !== undefined) await writeFile(`${folder}/${name}.png`, await page.screenshot({ fullPage: true }));
}

test('the status page shows who leads, the topic, and which process applies which read model how far behind', async () => {
  const card = page.locator('section', { has: page.getByRole('heading', { name: 'Topic', exact: true }) });
  await card.waitFor();
  const facts = await card.locator('dl').innerText();
  expect(facts).toMatch(/Leader\s+sync-1 11 for 3 min/);
  expect(facts).toMatch(/1,205 changes\/s, 312.4 kB\/s/);
  expect(facts).toMatch(/Kept by legacy for the slot\s+1.2 MB/);
  expect(facts).toMatch(/Stand by\s+sync-2 12/);
  expect(facts).toMatch(/fig.shop.changes\s+1 partition, 60,123 messages kept for 7 d 0 h, 2 of 3 copies in step/);
  const readers = page.getByRole('region', { name: 'Read models by process' }).locator('tbody tr');
  expect(await readers.allInnerTexts()).toEqual([
    expect.stringMatching(/order_summary_v2\s+sync-2 12\s+3 min\s+23\s+40 ms, 9.3 kB\s+802 messages\/s\s+1/),
    expect.stringMatching(/product_list_v1\s+no process/),
  ]);
  expect(await page.getByRole('region', { name: 'Partitions' }).count()).toBe(0);
  await shoot('topic');
});

test('the status page says that no process leads, and why one that tries to cannot', async () => {
  const failing = { host: 'sync-2', pid: 12, state: 'failing' as const, error: 'the slot is in use' };
  control.current = {
    ...control.current,
    transport: sampleTransport({ leader: undefined, standby: [failing], brokersError: 'no broker answers' }),
  };
  await page.getByText('no leader').waitFor();
  const alerts = await page.getByRole('alert').allInnerTexts();
  expect(alerts.join('\n')).toContain('the slot is in use');
  expect(alerts.join('\n')).toContain('no broker answers');
  await shoot('no-leader');
});

test('with a connector the status page shows its partitions, and how many transactions are not whole', async () => {
  control.current = { ...control.current, transport: sampleConnector() };
  await page.getByRole('heading', { name: 'Topics of the connector' }).waitFor();
  expect(await page.locator('[data-key=transport] dl').innerText()).toMatch(/Transactions not whole yet\s+2/);
  const partitions = page.getByRole('region', { name: 'Partitions' }).locator('tbody tr');
  expect(await partitions.allInnerTexts()).toEqual([
    expect.stringMatching(/shop.public.orders\s+0\s+400\s+412\s+12/),
    expect.stringMatching(/shop.transaction\s+0\s+90\s+90\s+0/),
  ]);
  await shoot('connector');
});
