import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { openBrowser } from '../support/browser.ts';
import { type SampleControl, sampleControl } from '../support/sample-control.ts';
import { sampleEvents, sampleStandstill } from '../support/sample-events.ts';
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

test('the status page shows what waits to be published, and which process reads which partition how far behind', async () => {
  control.current = { ...control.current, transport: undefined, events: sampleEvents() };
  const card = page.locator('[data-key=events]');
  await card.waitFor();
  const facts = await card.locator('dl').innerText();
  expect(facts).toMatch(/Published by\s+sync-1 11 for 3 min/);
  expect(facts).toMatch(/Waiting\s+1,200, the first for 2 s/);
  expect(facts).toMatch(/Published up to\s+0\/4A1C2F8, 500 ms ago/);
  const readers = page.getByRole('region', { name: 'Read models made of topics' }).locator('tbody tr');
  expect(await readers.allInnerTexts()).toEqual([
    expect.stringMatching(/account_v1\s+sync-2 12\s+3 min\s+23\s+1.5 s\s+802 messages\/s\s+4\s+1/),
    expect.stringMatching(/refund_v2\s+no process/),
  ]);
  const partitions = page.getByRole('region', { name: 'Partitions of events' }).locator('tbody tr');
  expect(await partitions.allInnerTexts()).toEqual([
    expect.stringMatching(/payments.events\s+0\s+80,100\s+80,123\s+23\s+1.5 s\s+sync-2 12/),
    expect.stringMatching(/payments.events\s+1\s+7\s+7\s+0\s+200 ms\s+sync-2 12/),
  ]);
  expect(await card.getByRole('alert').allInnerTexts()).toEqual([expect.stringContaining('messages are gone')]);
  await shoot('events');
});

test('the status page has an alert when nothing can be published', async () => {
  control.current = { ...control.current, events: sampleStandstill() };
  await page.getByText('not published').waitFor();
  const card = page.locator('[data-key=events]');
  expect((await card.getByRole('alert').allInnerTexts()).join()).toContain('no broker answers');
  expect(await card.locator('dl').innerText()).toMatch(/Fails\s+no broker answers, for 1 min/);
  await shoot('events-stand-still');
});
