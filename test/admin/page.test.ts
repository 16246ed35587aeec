import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { openBrowser } from '../support/browser.ts';
import { observingStatus, sampleControl, sampleFeature, type SampleControl } from '../support/sample-control.ts';
import { sampleGroup, sampleReport, sampleRule, sampleVaries } from '../support/sample-report.ts';
import { servingVersion, waitingVersion } from '../support/sample-versions.ts';

const screenshots = 'test-results';

describe('the status page in a real browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  async function open(control: SampleControl, scheme: 'light' | 'dark' = 'light', width = 1280): Promise<Opened> {
    const server = await startAdminServer({ control, port: 0, log: silentLog });
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/ERR_|Failed to load resource/.test(message.text()))
        problems.push(message.text());
    });
    await page.goto(server.url);
    return {
      page,
      server,
      problems,
      [Symbol.asyncDispose]: async () => {
        await page.close();
        await server.stop();
      },
    };
  }

  it('shows both versions of a read model, which serves, and what keeps the other from it', async () => {
    const features = [
      sampleFeature({ versions: [servingVersion, waitingVersion] }),
      sampleFeature({ feature: 'alone' }),
    ];
    await using opened = await open(sampleControl({ features }));
    const { page, problems } = opened;
    const list = page.getByRole('list', { name: 'Versions of the read model of orders' });
    await list.waitFor();
    expect(await list.getByRole('listitem').allInnerTexts()).toEqual([
      'v1 serves, at 0/4A1C2F8, 40 ms behind',
      'v2 waits, at 0/4A1C2F8, 40 ms behind, 3 dead letters: 4 of 354 answers differ (1.13 %, limit 0.1 %)',
    ]);
    expect(await page.getByRole('list', { name: 'Versions of the read model of alone' }).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('tells which share was looked at, what was left out and why, and routes that are in quarantine', async () => {
    const route = 'GET /api/orders/:id';
    const since = new Date(Date.now() - 3 * 60_000).toISOString();
    const control = sampleControl({
      features: [
        sampleFeature({
          quarantined: [{ feature: 'orders', route, tables: ['public.view_log', 'public.<b>x</b>'], since }],
        }),
      ],
    });
    control.reportOf = () => ({
      ...sampleReport(),
      looked: {
        percent: 10,
        by: 'visitor',
        asked: 12_030,
        chosen: 1_204,
        sentence: '10 % of visitors: 1,204 of 12,030 reads',
      },
    });
    control.current = {
      ...control.current,
      shadow: {
        ...control.current.shadow!,
        dropped: { 'over-budget': 7, 'not-sampled': 10_826, writes: 41, 'too-large': 2 },
      },
    };
    await using opened = await open(control);
    const { page, problems } = opened;
    const notice = page.locator('[data-key="quarantine"]');
    await notice.waitFor();
    expect(await notice.innerText()).toContain(`${route} writes to public.view_log, public.<b>x</b>, found 3 min ago`);
    await page.getByText('Looked at 10 % of visitors: 1,204 of 12,030 reads.').waitFor();
    const shadow = await page.locator('section[aria-labelledby="shadow-title"]').innerText();
    expect(shadow).toContain('10,826');
    expect(shadow).toContain('41 reads of routes that write to legacy');
    expect(shadow).toContain('2 (2 too-large)');
    await page.screenshot({ path: `${screenshots}/status-page-quarantine.png`, fullPage: true });
    control.current = { ...control.current, features: [sampleFeature({ quarantined: [] })] };
    await notice.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  it('shows every feature with its phase, evidence, gate and differences, and stores a screenshot', async () => {
    await using opened = await open(sampleControl());
    const { page, problems } = opened;
    const card = page.locator('[data-feature="orders"].feature');
    await card.getByRole('heading', { name: 'orders', exact: true }).waitFor();
    await card.locator('table.diffs').waitFor();

    expect(await card.locator('.steps [aria-current=step]').innerText()).toContain('Shadow');
    expect(await card.locator('.big').innerText()).toBe('97.43 % of the answers match');
    expect(await card.locator('.legend').innerText()).toContain('87 mismatch');
    expect(await card.locator('.reason').innerText()).toContain('87 of 3,391 answers differ');
    const first = card.locator('table.diffs > tbody > tr').nth(1);
    expect(await first.locator('.path').first().innerText()).toBe('$.total');
    expect(await first.locator('td').nth(2).innerText()).toBe('129.90');
    expect(await first.locator('td').nth(3).innerText()).toBe('149.90');
    expect(await page.locator('[data-feature="catalogue"].feature [aria-current=step]').innerText()).toContain(
      '25 % of visitors',
    );
    expect(await page.locator('#connection').innerText()).toBe('live');
    await page.screenshot({ path: `${screenshots}/status-page-light.png`, fullPage: true });
    expect(problems).toEqual([]);
  });

  it('tells what the written report tells: what blocks, the bound, all that is in the way, percentiles and rules', async () => {
    const control = sampleControl();
    const groups = Array.from({ length: 60 }, (_, i) => sampleGroup({ path: `$.field${i}`, spoiled: 60 - i }));
    control.reportOf = () => ({
      ...sampleReport(),
      groups: [...sampleReport().groups, ...groups],
      rules: [...sampleReport().rules, sampleRule],
    });
    await using opened = await open(control);
    const { page, problems } = opened;
    const card = page.locator('[data-feature="orders"].feature');
    const rows = card.locator('table.diffs tbody tr');
    await rows.first().waitFor();
    expect(await card.locator('.bound').innerText()).toContain('fewer than 5.12 % differ, with 95 % confidence');
    expect(await card.getByRole('list', { name: 'Also in the way' }).innerText()).toContain(
      '(4xx) has no comparison yet',
    );
    expect(await card.locator('.facts').innerText()).toMatch(/p50 [\d.]+ ms, p99 [\d.]+ ms/);
    expect(await rows.nth(1).locator('td').first().innerText()).toMatch(/^56\s+1\.65 %$/);
    expect(await rows.nth(1).locator('td').nth(2).locator('mark').innerText()).toBe('2');
    expect(await rows.nth(1).locator('dl.finding dd').allInnerTexts()).toEqual([
      '$.currency = JPY: all 56 answers that differ, 0 of 300 that match',
      'the candidate rounds to <b>2</b> digits (55 of 56)',
      "tolerance: { '$.total': 0.005 } would hide 55 of 56 answers. A rule hides what differs.",
    ]);
    expect(await rows.nth(3).innerText()).toContain('not seen in this step');
    await card.getByText('5 rules in force').click();
    expect(await card.innerText()).toContain('elements paired by id');
    expect(await card.innerText()).toContain('hid a difference in 120 of 400 answers (30.00 %)');

    // Both values of an example beside each other, line by line.
    await rows.nth(3).locator('summary').click();
    const pairs = await rows.nth(3).locator('.versus > *').allInnerTexts();
    expect(pairs.slice(0, 6).map((text) => text.trim())).toEqual([
      '{',
      '{',
      '"id":9007199254740993,',
      '"id":9007199254740993,',
      '"name":"Ada",',
      '"name":"Ada L.",',
    ]);
    await card.getByText('42 more groups').click();
    expect(await rows.count()).toBe(50);
    expect(await card.innerText()).toContain('14 further groups: fig report orders');
    await page.screenshot({ path: `${screenshots}/status-page-groups.png`, fullPage: true });
    expect(problems).toEqual([]);
  });

  it('gives the id that fig replay asks for with each group, and tells where legacy itself varies', async () => {
    const control = sampleControl();
    const legacyVaries = [{ ...sampleVaries, first: '<b>12:00:00</b>' }];
    control.reportOf = () => ({ ...sampleReport(), legacyVaries });
    await using opened = await open(control);
    const { page, problems } = opened;
    const card = page.locator('[data-feature="orders"].feature');
    await card.locator('table.diffs').waitFor();
    expect(await card.locator('table.diffs .group-id').allInnerTexts()).toEqual(
      sampleReport().groups.map(({ id }) => id),
    );
    await card.getByText('Legacy itself varies in 1 place, so no candidate can agree').click();
    const lines = (await card.locator('[data-key="legacy-varies"] li').innerText()).split('\n');
    expect(lines).toEqual([
      '$.generatedAt the time of the answer, in 40 of 41 looks GET /api/orders',
      '<b>12:00:00</b>, then (nothing)',
      `if it may: tolerance: { "$.generatedAt": { time: '5s' } }`,
    ]);
    await page.screenshot({ path: `${screenshots}/status-page-varies.png`, fullPage: true });
    expect(problems).toEqual([]);
  });

  it('warns of rules that expire soon, until they are gone', async () => {
    const rule = { feature: 'orders', rule: 'ignore $.<b>at</b>', route: 'GET /api/orders', expires: '2026-12-31' };
    const control = sampleControl({ features: [sampleFeature({ expiring: [{ ...rule, daysLeft: 9 }] })] });
    await using opened = await open(control);
    const { page, problems } = opened;
    const notice = page.locator('[data-key="expiring"]');
    await notice.waitFor();
    expect((await notice.innerText()).replaceAll(/\s+/g, ' ')).toBe(
      'A rule expires soon and then fails the gate. ignore $.<b>at</b> of GET /api/orders on 2026-12-31, in 9 days',
    );
    control.current = { ...control.current, features: [sampleFeature({ expiring: [] })] };
    await notice.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  it('shows values of the answers as text, never as markup', async () => {
    await using opened = await open(sampleControl());
    const row = opened.page.locator('[data-feature="orders"] table.diffs tbody tr').nth(0);
    await row.waitFor();
    expect(await row.locator('td').nth(2).innerText()).toBe('"<b>refunded</b> by phone"');
    expect(await row.locator('td b').count()).toBe(1);
  });

  it('keeps opened examples and the focus while the figures change', async () => {
    const control = sampleControl();
    await using opened = await open(control);
    const { page } = opened;
    const card = page.locator('[data-feature="orders"].feature');
    const summary = card.locator('table.diffs summary').first();
    await summary.click();
    control.current = { ...control.current, features: [sampleFeature({ matchRate: 0.5 })] };
    await card.getByText('50.00 %').first().waitFor();
    expect(await card.locator('table.diffs details').first().getAttribute('open')).not.toBeNull();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY');
    await page.locator('[data-feature="catalogue"]').first().waitFor({ state: 'detached' });
  });

  it('promotes, and shows a refusal with its reason in the dialog', async () => {
    const control = sampleControl();
    control.outcome = (feature) => ({
      feature,
      moved: false,
      from: 'shadow',
      to: 'shadow',
      gate: 'FAIL',
      reason: 'too many answers differ',
    });
    await using opened = await open(control);
    const { page } = opened;
    await page.locator('[data-feature="orders"] >> text=Promote…').click();
    await page.getByLabel('Your name').fill('Ada');
    await page.screenshot({ path: `${screenshots}/status-page-dialog.png` });
    await page.getByRole('button', { name: 'Promote', exact: true }).click();
    await page.getByText('too many answers differ').waitFor();
    expect(control.asked).toEqual([{ feature: 'orders', who: 'Ada' }]);
  });

  it('asks why before it rolls back, and says what came of it', async () => {
    const control = sampleControl();
    await using opened = await open(control);
    const { page } = opened;
    await page.locator('[data-feature="catalogue"] >> text=Roll back…').click();
    const confirm = page.getByRole('button', { name: 'Roll back', exact: true });
    await page.getByLabel('Your name').fill('Ada');
    await confirm.click();
    expect(control.asked).toEqual([]);
    await page.getByLabel('Why').fill('prices look wrong');
    await confirm.click();
    await page.locator('#toast.shown').waitFor();
    expect(await page.locator('#toast').innerText()).toContain('catalogue: shadow → legacy');
    expect(control.asked).toEqual([{ feature: 'catalogue', who: 'Ada', why: 'prices look wrong', to: 'shadow' }]);
  });

  it('says what the next step is when it only observes', async () => {
    await using opened = await open(sampleControl(observingStatus()));
    const { page, problems } = opened;
    await page.getByRole('heading', { name: 'Observing' }).waitFor();
    expect(await page.locator('main').innerText()).toContain('GET /api/orders/:id costs the most time of all reads');
    await page.screenshot({ path: `${screenshots}/status-page-observe.png`, fullPage: true });
    expect(problems).toEqual([]);
  });

  it('says that the connection is lost when the server goes away', async () => {
    await using opened = await open(sampleControl(), 'dark');
    const { page, server } = opened;
    await page.locator('[data-feature="orders"] table.diffs').waitFor();
    await page.screenshot({ path: `${screenshots}/status-page-dark.png`, fullPage: true });
    await server.stop();
    await page.getByText('Connection lost').waitFor();
    expect(await page.locator('#connection').innerText()).toBe('disconnected');
  });

  it('fits a narrow window without scrolling sideways', async () => {
    await using opened = await open(sampleControl(), 'light', 400);
    const { page } = opened;
    await page.locator('[data-feature="orders"] table.diffs').waitFor();
    await page.screenshot({ path: `${screenshots}/status-page-narrow.png`, fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0);
  });
});

interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly server: AdminServer;
  readonly problems: readonly string[];
}
