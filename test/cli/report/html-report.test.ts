import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeatureReport } from '../../../src/app/reports/feature-report.ts';
import { renderHtml } from '../../../src/cli/report/html/html-report.ts';
import { openBrowser } from '../../support/browser.ts';
import {
  emptyReport,
  sample,
  sampleGroup,
  sampleReport,
  sampleRule,
  sampleVaries,
} from '../../support/sample-report.ts';

const screenshots = resolve('test-results');
const attack = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const nasty: FeatureReport = {
  ...sampleReport(),
  feature: attack,
  groups: [
    sampleGroup({
      route: `GET /${attack}`,
      path: `$['${attack}']`,
      spoiled: 87,
      samples: [
        sample(`GET /?q=${attack}`, JSON.stringify(attack), JSON.stringify(`${attack}!`)),
        sample('GET /rtl', '"مرحبا بالعالم 1"', '"مرحبا بالعالم 2"'),
        sample('GET /emoji', '"👩‍👩‍👧 café 🇫🇷"', '"👩‍👩‍👦 café 🇩🇪"'),
        sample('GET /bidi', '"safe\u202Etxt.exe"', '"safe\u0007\uD800"'),
        sample(`GET /${'long'.repeat(400)}`, `"${'x'.repeat(2_000)}"`, `"${'x'.repeat(1_999)}y"`),
      ],
    }),
  ],
  gate: { ...sampleReport().gate, reason: attack, blockers: [attack, attack] },
  uncovered: [{ route: attack, shape: attack, seen: 1 }],
  quarantined: [{ feature: attack, route: attack, tables: [attack], since: '2026-01-01T10:00:00.000Z' }],
  looked: { percent: 10, by: 'visitor', asked: 10, chosen: 1, sentence: attack },
  rules: [{ ...sampleRule, where: `$.${attack}`, detail: attack, because: attack, route: attack }],
  legacyVaries: [
    { ...sampleVaries, path: `$.${attack}`, route: attack, first: attack, second: attack, proposal: attack },
    { ...sampleVaries, first: '"safe\u202Etxt.exe"' },
  ],
  reasons: [{ route: attack, verdict: 'raced', reason: attack, count: 1 }],
};

describe('the HTML report, opened from a file in a real browser', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'fig-report-'));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  async function open(features: readonly FeatureReport[], look: Look = {}): Promise<Opened> {
    const { scheme = 'light', width = 1280, name = 'shop' } = look;
    const file = join(folder, 'report.html');
    await writeFile(file, await renderHtml({ name, version: '0.1.0', at: '2026-01-01T10:21:00.000Z', features }));
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => problems.push(message.text()));
    page.on('dialog', (dialog) => problems.push(dialog.message()));
    await page.goto(pathToFileURL(file).href);
    const asked = requests.filter((url) => url !== pathToFileURL(file).href);
    return { page, asked, problems, [Symbol.asyncDispose]: () => page.close() };
  }

  it('shows verdicts, bound, gate, groups with both sides, latency, routes, coverage and rules', async () => {
    await using opened = await open([{ ...sampleReport(), rules: [...sampleReport().rules, sampleRule] }]);
    const { page, asked, problems } = opened;
    const card = page.locator('.feature');
    expect(await card.getByRole('heading', { level: 2 }).innerText()).toBe('orders');
    expect(await card.locator('.big').innerText()).toBe('97.43 % of the answers match');
    expect(await card.locator('.legend').innerText()).toContain('87 mismatch');
    expect(await card.locator('.bound').innerText()).toContain('fewer than 5.12 % differ, with 95 % confidence');
    expect(await card.locator('.reason').innerText()).toContain('87 of 3,391 answers differ');
    expect(await card.locator('.panel').nth(1).innerText()).toContain('(4xx) has no comparison yet');

    const groups = card.locator('details.group');
    expect(await groups.count()).toBe(4);
    expect(await groups.first().locator('summary').innerText()).toMatch(
      /\$\.orders\[\*\]\.note\s+missing in candidate\s+critical/,
    );
    expect(await groups.nth(1).locator('summary').innerText()).toContain('1.65 %');
    const rows = groups.nth(1).locator('table.excerpt').first().locator('tbody tr');
    expect(await rows.locator('td').allInnerTexts()).toEqual(['129.90', '149.90']);
    expect(await rows.locator('mark').allInnerTexts()).toEqual(['2', '4']);
    expect(await groups.nth(1).locator('dl.finding > *').allInnerTexts()).toEqual([
      'in common',
      '$.currency = JPY: all 56 answers that differ, 0 of 300 that match',
      'suspected',
      'the candidate rounds to <b>2</b> digits (55 of 56)',
      'rule',
      "tolerance: { '$.total': 0.005 } would hide 55 of 56 answers. A rule hides what differs.",
    ]);
    expect(await groups.nth(2).locator('dl.finding').count()).toBe(0);

    const latency = page.getByRole('img', { name: /^Latency: legacy p50/ });
    expect(await latency.locator('.legacy rect').count()).toBeGreaterThan(10);
    expect(await latency.locator('.candidate rect').count()).toBeGreaterThan(10);
    expect(await card.locator('.latency table').innerText()).toMatch(
      /p95\s+[\d.]+ ms\s+[\d.]+ ms\s+5\.\d+ times faster/,
    );

    const routes = page.getByRole('region', { name: 'Routes' });
    expect(await routes.locator('tbody tr').first().innerText()).toContain('4 of 4 kinds of request compared');
    expect(await card.innerText()).toContain('4xx asked 12 times');
    expect(await card.innerText()).toContain('elements paired by id');
    expect(await card.innerText()).toContain('hid a difference in 120 of 400 answers (30.00 %) · may hide 5.00 %');
    expect({ asked, problems }).toEqual({ asked: [], problems: [] });
  });

  it('says what share was looked at, and which routes are not compared because their reads write', async () => {
    const writer = { feature: 'orders', route: 'GET /api/orders/:id', tables: ['public.view_log'] };
    const report: FeatureReport = {
      ...sampleReport(),
      looked: { percent: 10, by: 'visitor', asked: 10, chosen: 1, sentence: '10 % of visitors: 1 of 10 reads' },
      quarantined: [{ ...writer, since: '2026-01-01T10:00:00.000Z' }],
    };
    await using opened = await open([report]);
    const text = await opened.page.locator('.feature').innerText();
    expect(text).toContain('Looked at 10 % of visitors: 1 of 10 reads.');
    expect(text).toContain('GET /api/orders/:id writes to public.view_log');
    expect(opened.problems).toEqual([]);
  });

  it('tells where legacy itself varies, what it had there and the rule that would let it be compared', async () => {
    const legacyVaries = [
      sampleVaries,
      { ...sampleVaries, path: 'header etag', kind: 'other' as const, proposal: undefined },
    ];
    await using opened = await open([{ ...sampleReport(), legacyVaries }]);
    const { page, problems } = opened;
    const part = page.locator('.feature .varies');
    expect(await part.getByRole('heading').innerText()).toBe('Legacy itself varies here so no candidate can agree');
    expect((await part.locator('li').allInnerTexts()).map((text) => text.split('\n'))).toEqual([
      [
        '$.generatedAt the time of the answer, in 40 of 41 looks GET /api/orders',
        '"12:00:00", then (nothing)',
        `if it may: tolerance: { "$.generatedAt": { time: '5s' } }`,
      ],
      ['header etag a value that changes, in 40 of 41 looks GET /api/orders', '"12:00:00", then (nothing)'],
    ]);
    await page.screenshot({ path: `${screenshots}/report-varies.png`, fullPage: true });
    await using without = await open([sampleReport()]);
    expect(await without.page.locator('.varies').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('says of a group how to ask again, and of questions in a body that it cannot be done', async () => {
    const groups = [sampleGroup(), sampleGroup({ route: 'POST /graphql [operation Orders]' })];
    await using opened = await open([{ ...sampleReport(), groups }]);
    const [get, post] = await opened.page.locator('.group-body > p').allInnerTexts();
    expect(get).toContain(`fig replay --group ${groups[0]!.id} asks again.`);
    expect(post).not.toContain('replay --group');
    expect(post).toContain(`Group ${groups[1]!.id}.`);
    const findings = await opened.page.locator('.group-body dl.finding').allTextContents();
    expect(findings).toEqual([expect.stringContaining('what was asked is not kept, because it is in the body')]);
  });

  it('puts the lines that both sides have beside each other, and marks what is only in one', async () => {
    await using opened = await open([sampleReport()]);
    const last = opened.page.locator('details.group').nth(3);
    await last.locator('summary').click();
    const cells = (await last.locator('table.excerpt tbody td').allInnerTexts()).map((text) => text.trim());
    expect(inPairs(cells)).toEqual([
      ['{', '{'],
      ['"id":9007199254740993,', '"id":9007199254740993,'],
      ['"name":"Ada",', '"name":"Ada L.",'],
      ['"tags":[', '"tags":['],
      ['"a",', 'nothing'],
      ['"b"', '"b"'],
      [']', '],'],
      ['nothing', '"vip":true'],
      ['}', '}'],
    ]);
    expect(await last.locator('p').first().innerText()).toContain('not seen in this step');
  });

  it('is the overview of all features when there are several, and says what blocks most', async () => {
    const other = {
      ...sampleReport(),
      feature: 'catalogue',
      groups: [sampleGroup({ path: '$.price', spoiled: 1_000 })],
    };
    await using opened = await open([sampleReport(), emptyReport('new'), other]);
    const { page, problems } = opened;
    const overview = page.getByRole('region', { name: 'All features' }).locator('tbody tr');
    expect(await overview.count()).toBe(3);
    const blockers = await page.locator('.blockers li').allInnerTexts();
    expect(blockers[0]).toContain('$.orders[*].note');
    expect(blockers[1]).toContain('$.price');
    await page.locator('.blockers a').nth(1).click();
    expect(new URL(page.url()).hash).toBe('#feature-2');
    await page.screenshot({ path: `${screenshots}/report-overview.png`, fullPage: true });
    expect(problems).toEqual([]);
  });

  it('shows whatever a value is as text: it runs nothing, loads nothing and escapes no attribute', async () => {
    await using opened = await open([nasty], { name: attack });
    const { page, asked, problems } = opened;
    expect(await page.title()).toBe(`${attack} · fig report`);
    expect(await page.locator('img, script, iframe, object, form, link, base').count()).toBe(0);
    const handlers = await page.evaluate(
      `[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()).filter((name) => name.startsWith('on') || name === 'style')`,
    );
    expect(handlers).toEqual([]);
    expect(await page.locator('.excerpt').first().innerText()).toContain(JSON.stringify(attack));
    expect(await page.locator('.varies li').first().innerText()).toContain(`${attack}, then ${attack}`);
    expect(await page.locator('.varies li').nth(1).innerText()).toContain('safe\\u202etxt.exe');
    expect({ asked, problems }).toEqual({ asked: [], problems: [] });
  });

  it('has a policy under which a script or picture that did get in would do nothing', async () => {
    await using opened = await open([sampleReport()]);
    const { page, asked } = opened;
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.com/x.png' }))`,
    );
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = "owned"' }))`,
    );
    const blocked = await page.evaluate(
      `new Promise((resolve) => { addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective)); const p = document.createElement('p'); p.setAttribute('style', 'color: red'); document.body.append(p); })`,
    );
    expect(blocked).toMatch(/^(style-src-attr|img-src)$/);
    expect(await page.title()).toBe('shop · fig report');
    expect(asked).toEqual([]);
  });

  it('shows what one cannot see in a value, and cuts no emoji where two differ', async () => {
    await using opened = await open([nasty]);
    const tables = opened.page.locator('.excerpt');
    expect(await tables.nth(3).locator('td').allInnerTexts()).toEqual(['"safe\\u202etxt.exe"', '"safe\\x07\\ud800"']);
    expect(await tables.nth(2).locator('mark').allInnerTexts()).toEqual(['👩‍👩‍👧 café 🇫🇷', '👩‍👩‍👦 café 🇩🇪']);
    expect(await tables.nth(1).locator('td code').first().getAttribute('dir')).toBe('auto');
  });

  const many = {
    ...sampleReport(),
    groups: Array.from({ length: 200 }, (_, i) =>
      sampleGroup({
        path: `$.items[*].field${i}`,
        count: 200 - i,
        spoiled: 80,
        samples: sampleReport().groups[3]!.samples,
      }),
    ),
  };
  it.each([
    ['none', emptyReport('orders')],
    ['some', sampleReport()],
    ['nasty', nasty],
    ['many', many],
  ] as const)('fits wide and narrow windows, light and dark, with %s groups', async (what, report) => {
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 380],
      ['dark', 380],
    ] as const) {
      await using opened = await open([report], { scheme, width });
      const { page } = opened;
      expect(await page.locator('details.group').count()).toBe(report.groups.length);
      expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0);
      await page.screenshot({
        path: `${screenshots}/report-${what}-${scheme}-${width}.png`,
        fullPage: what !== 'many',
      });
    }
  });
});

function inPairs(texts: readonly string[]): string[][] {
  return texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1] ?? '']] : []));
}

interface Look {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly name?: string;
}

interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly asked: readonly string[];
  readonly problems: readonly string[];
}
