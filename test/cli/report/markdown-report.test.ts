import { marked } from 'marked';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeatureReport } from '../../../src/app/reports/feature-report.ts';
import { markdownLimitBytes, renderMarkdown } from '../../../src/cli/report/markdown-report.ts';
import { openBrowser } from '../../support/browser.ts';
import { emptyReport, sample, sampleGroup, sampleReport, sampleVaries } from '../../support/sample-report.ts';

const write = (features: readonly FeatureReport[]): string =>
  renderMarkdown({ name: 'shop', version: '0.1.0', at: '2026-01-01T10:21:00.000Z', features });

describe('the Markdown report, as a browser shows what a parser of GitHub’s dialect makes of it', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser.close());

  async function show(markdown: string): Promise<void> {
    await page.setContent(await marked.parse(markdown, { gfm: true }));
    await page.evaluate(`for (const each of document.querySelectorAll('details')) each.open = true`);
  }

  it('has a table of the features and the groups folded, what blocks most first', async () => {
    const other = {
      ...sampleReport(),
      feature: 'catalogue',
      groups: [sampleGroup({ path: '$.price', spoiled: 1_000 })],
    };
    await show(write([sampleReport(), other, emptyReport('new')]));
    const rows = page.locator('table').first().locator('tbody tr');
    expect(await rows.first().locator('td').allInnerTexts()).toEqual([
      'orders',
      'shadow',
      '3,391',
      '97.43 %',
      '3',
      '❌ fail',
    ]);
    expect(await rows.count()).toBe(3);
    expect(await page.locator('summary').allInnerTexts()).toEqual([
      '1. orders: $.orders[*].note missing in candidate critical, GET /api/orders, 0.08 %',
      '2. catalogue: $.price value differs, GET /api/orders, 29.48 %',
      '3. orders: $.total value differs, GET /api/orders/:id, 1.65 %',
      '4. orders: $.orders[*].total value differs, GET /api/orders, 0.82 %',
    ]);
    const samples = page.locator('details').nth(2).locator('tbody tr');
    expect(await samples.locator('td').nth(1).innerText()).toBe('129.90');
    expect(await page.locator('details').first().locator('td').nth(2).innerText()).toBe('nothing');
    expect(await page.locator('details').nth(2).locator('li').allInnerTexts()).toEqual([
      'in common: $.currency = JPY: all 56 answers that differ, 0 of 300 that match',
      'suspected: the candidate rounds to <b>2</b> digits (55 of 56)',
      "rule: tolerance: { '$.total': 0.005 } would hide 55 of 56 answers. A rule hides what differs.",
    ]);
    expect(await page.locator('details p').nth(2).innerText()).toContain(
      'seen 56 times, first 2026-01-01 10:00 UTC, last 2026-01-01 10:20 UTC.',
    );
    expect(await page.locator('body').innerText()).toContain('fewer than 5.12 % differ, with 95 % confidence');
  });

  it('tells, folded, where legacy itself varies and the rule that would let it be compared', async () => {
    const nasty = '</code>|`*x*`\u202E';
    const legacyVaries = [sampleVaries, { ...sampleVaries, path: `$.${nasty}`, first: nasty, proposal: undefined }];
    await show(write([{ ...sampleReport(), legacyVaries }, emptyReport('new')]));
    const folded = page.locator('details').last();
    expect(await folded.locator('summary').innerText()).toBe(
      'orders: legacy itself varies in 2 places, so no candidate can agree',
    );
    const shown = '</code>|`*x*`\\u202e';
    expect(await folded.locator('li').allInnerTexts()).toEqual([
      `$.generatedAt the time of the answer, in 40 of 41 looks, GET /api/orders: "12:00:00", then (nothing); if it may: tolerance: { "$.generatedAt": { time: '5s' } }`,
      `$.${shown} the time of the answer, in 40 of 41 looks, GET /api/orders: ${shown}, then (nothing)`,
    ]);
  });

  it.each([
    ['a pipe', '"a|b"'],
    ['backticks', '"`a` ``b``"'],
    ['HTML', '<img src=x onerror="alert(1)"></code></details><b>x</b>'],
    ['Markdown', '**a** _b_ ~~c~~ [d](http://e) ![f](g) # h\\'],
    ['an entity', '&amp;&#64;&lt;'],
    ['a bare address', 'www.example.com http://example.com a@example.com'],
  ])('shows a value with %s as it is', async (_what, value) => {
    const group = sampleGroup({ route: value, path: value, samples: [{ ...sample(value, value, value), at: value }] });
    await show(write([{ ...sampleReport(), feature: value, groups: [group] }]));
    const cells = page.locator('details td');
    expect(await cells.allInnerTexts()).toEqual([`${value}\n${value}`, value, value]);
    expect(await page.locator('summary').innerText()).toContain(`${value} value differs, ${value},`);
    expect(await page.locator('img, a, details b, em, strong em, del, h1').count()).toBe(0);
    expect(await page.locator('table').first().locator('tbody td').first().innerText()).toContain(value.slice(0, 3));
  });

  it('shows an empty value, and one with line ends and invisible characters on one line', async () => {
    const group = sampleGroup({ samples: [sample('GET /', '', 'a\n\nb\u202E\u0000')] });
    await show(write([{ ...sampleReport(), groups: [group] }]));
    expect(await page.locator('details td').allInnerTexts()).toEqual([
      'GET /\n$.orders[3].total',
      '\u200B',
      'a\\x0a\\x0ab\\u202e\\x00',
    ]);
  });

  it('calls nobody: a name in a reason is none to a forge, which reads text after entities', async () => {
    const gate = { ...sampleReport().gate, reason: 'legacy @octocat said #12' };
    await show(write([{ ...sampleReport(), gate }]));
    expect(await page.locator('body').innerText()).toContain('legacy @\u200Boctocat said #\u200B12');
  });

  it('fits a comment of GitHub however many groups and features there are, and says how many are left out', async () => {
    const groups = Array.from({ length: 300 }, (_, i) =>
      sampleGroup({
        path: `$.field${i}`,
        spoiled: 300 - i,
        samples: Array.from({ length: 5 }, () => sample('GET /x', `"${'😀|'.repeat(60)}"`, `"${'<'.repeat(200)}"`)),
      }),
    );
    const text = write([{ ...sampleReport(), groups }]);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(markdownLimitBytes);
    await show(text);
    const shown = await page.locator('details').count();
    expect(shown).toBeGreaterThan(5);
    expect(await page.locator('summary').first().innerText()).toContain('$.field0 ');
    expect(await page.locator('body').innerText()).toContain(`${300 - shown} more groups not shown here`);

    const features = Array.from({ length: 3_000 }, (_, i) => ({ ...sampleReport(), feature: `feature-${i}` }));
    expect(Buffer.byteLength(write(features))).toBeLessThanOrEqual(markdownLimitBytes);
  });

  it('says what share was looked at, and which routes are not compared because their reads write', async () => {
    const report = {
      ...sampleReport(),
      looked: {
        percent: 10,
        by: 'visitor' as const,
        asked: 10,
        chosen: 1,
        sentence: '10 % of visitors: 1 of 10 reads',
      },
      quarantined: [
        {
          feature: 'orders',
          route: 'GET /api/orders/:id',
          tables: ['public.view_log', '<b>x</b>'],
          since: '2026-01-01T10:00:00.000Z',
        },
      ],
    };
    await show(write([report]));
    const text = await page.locator('body').innerText();
    expect(text).toContain('Looked at 10 % of visitors: 1 of 10 reads.');
    expect(text).toContain('GET /api/orders/:id is not compared, it writes to public.view_log, <b>x</b>.');
  });

  it('says so when no difference was seen', async () => {
    await show(write([emptyReport('new')]));
    expect(await page.locator('body').innerText()).toContain('No difference was seen in the present steps.');
    expect(await page.locator('details').count()).toBe(0);
  });
});
