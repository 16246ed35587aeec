import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FeatureReport } from '../../../src/app/reports/feature-report.ts';
import { renderJunit } from '../../../src/cli/report/junit-report.ts';
import { openBrowser } from '../../support/browser.ts';
import { emptyReport, sample, sampleGroup, sampleReport } from '../../support/sample-report.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Node[];
}

/** By the XML parser of a browser, which refuses what is not well-formed. */
async function parse(features: readonly FeatureReport[]): Promise<Node> {
  const xml = renderJunit({ name: 'shop', version: '0.1.0', at: '2026-01-01T10:21:00.000Z', features });
  const asWritten = Buffer.from(xml).toString();
  const page = await browser.newPage();
  try {
    return await page.evaluate<Node>(`(() => {
      const nodeOf = (element) => ({
        name: element.nodeName,
        attributes: Object.fromEntries([...element.attributes].map((each) => [each.name, each.value])),
        text: element.textContent,
        children: [...element.children].map(nodeOf),
      });
      return nodeOf(new DOMParser().parseFromString(${JSON.stringify(asWritten)}, 'application/xml').documentElement);
    })()`);
  } finally {
    await page.close();
  }
}

const casesOf = (root: Node, suite = 0): readonly Node[] =>
  root.children[suite]!.children.filter(({ name }) => name === 'testcase');

it('has a suite for each feature, a case for each route and one for the gate, and counts that add up', async () => {
  const root = await parse([sampleReport(), emptyReport('new')]);
  expect(root.name).toBe('testsuites');
  expect(root.attributes).toMatchObject({ name: 'shop', tests: '5', failures: '3', skipped: '2', errors: '0' });
  expect(root.children[0]!.attributes).toMatchObject({ name: 'orders', tests: '4', failures: '3', skipped: '1' });
  expect(casesOf(root).map(({ attributes }) => attributes['name'])).toEqual([
    'GET /api/orders',
    'GET /api/orders/:id',
    'GET /api/customers/:id/orders',
    'gate',
  ]);
});

it('fails a route with its groups and samples, and skips one that nothing was compared of', async () => {
  const [list, , customers, gate] = casesOf(await parse([sampleReport()]));
  const [failure] = list!.children;
  expect(failure).toMatchObject({
    name: 'failure',
    attributes: { message: '31 of 1,271 answers differ', type: 'critical' },
  });
  expect(failure!.text).toContain('$.orders[*].note: missing in candidate (critical)');
  expect(failure!.text).toContain('legacy     "<b>refunded</b> by phone"');
  // It was seen in an earlier step, so it does not fail this one.
  expect(failure!.text).not.toContain('customer');
  expect(customers!.children[0]).toMatchObject({
    name: 'skipped',
    attributes: { message: 'nothing has been compared' },
  });
  expect(gate!.children[0]!.attributes['message']).toContain('87 of 3,391 answers differ');
});

it('passes where all is well', async () => {
  const { routes, gate } = sampleReport();
  const clean = { ...routes[0]!, comparisons: { ...routes[0]!.comparisons, mismatch: 0 } };
  const report: FeatureReport = { ...sampleReport(), routes: [clean], gate: { ...gate, result: 'PASS', blockers: [] } };
  const root = await parse([report]);
  expect(root.attributes).toMatchObject({ tests: '2', failures: '0', skipped: '0' });
  expect(casesOf(root)[0]!.text).toContain('4 of 4 kinds of request compared');
});

it('stays well-formed whatever the values hold', async () => {
  const nasty = `]]> <!-- & "' \u0000\u0001\u001B\u000B \uD800 \uDC00x \uFFFE\uFFFF 👩‍👩‍👧 \u0085 \r\n </failure>`;
  const report: FeatureReport = {
    ...sampleReport(),
    feature: nasty,
    groups: [sampleGroup({ path: nasty, samples: [sample(nasty, nasty, nasty)] })],
    gate: { ...sampleReport().gate, reason: nasty, blockers: [nasty] },
  };
  const root = await parse([report]);
  expect(root.name).toBe('testsuites');
  const failure = casesOf(root)[0]!.children[0]!;
  for (const seen of [
    ']]> <!-- & "\'',
    '\\x00\\x01\\x1b\\x0b',
    '\\ud800',
    '\\udc00x',
    '\\ufffe\\uffff',
    '👩‍👩‍👧',
    '</failure>',
  ])
    expect(failure.text).toContain(seen);
});
