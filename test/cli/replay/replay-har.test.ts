import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReplayReport } from '../../../src/app/replay/replay-report.ts';
import { startTestLegacy, type TestLegacy } from '../../shadow/test-legacy.ts';
import { openBrowser } from '../../support/browser.ts';
import { run, type Ran } from '../run-cli.ts';

interface RecordedEntry {
  readonly request: object;
  readonly response: object;
}

let legacy: TestLegacy;
let candidate: TestLegacy;
let cwd: string;
let totals: { legacy: number; candidate: number };

beforeEach(async () => {
  totals = { legacy: 1, candidate: 2 };
  legacy = await startTestLegacy((request, response) => answer(request, response, totals.legacy));
  candidate = await startTestLegacy((request, response) => answer(request, response, totals.candidate));
  cwd = await mkdtemp(join(tmpdir(), 'fig-har-'));
});
afterEach(async () => {
  await legacy[Symbol.asyncDispose]();
  await candidate[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

function answer(request: IncomingMessage, response: ServerResponse, total: number): void {
  const body: Buffer[] = [];
  request.on('data', (chunk: Buffer) => body.push(chunk));
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (request.url?.startsWith('/private')) response.statusCode = 401;
    response.end(JSON.stringify({ path: request.url, body: Buffer.concat(body).toString(), total }));
  });
}

function recorded(path: string, total: number, more: { request?: object; response?: object } = {}): RecordedEntry {
  const text = JSON.stringify({ path, body: '', total });
  return {
    request: { method: 'GET', url: `https://shop.example${path}`, headers: [], ...more.request },
    response: {
      status: 200,
      headers: [{ name: 'content-type', value: 'application/json' }],
      content: { size: text.length, mimeType: 'application/json', text },
      ...more.response,
    },
  };
}

async function save(name: string, entries: readonly unknown[]): Promise<string> {
  await writeFile(join(cwd, name), JSON.stringify({ log: { version: '1.2', creator: {}, entries } }));
  return name;
}

const har = (...args: string[]): Promise<Ran> => run(['replay', 'har', ...args], { cwd });

async function json(...args: string[]): Promise<ReplayReport> {
  const { stdout, stderr } = await har(...args, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReplayReport;
}

function asked({ asked: requests }: TestLegacy): (string | undefined)[] {
  return requests.map(({ url }) => url);
}

const both = (): string[] => ['--legacy', legacy.url.href, '--candidate', candidate.url.href, '--rate', '200'];

const configure = (): Promise<void> =>
  writeFile(
    join(cwd, 'fig.config.ts'),
    `export default {
        legacy: { url: ${JSON.stringify(legacy.url.href)} },
        features: [{
          name: 'orders',
          candidate: ${JSON.stringify(candidate.url.href)},
          routes: ['GET /orders/:number', { route: 'POST /graphql', graphql: { operation: 'Orders' } }],
          compare: { ignore: ['$.total'] },
        }, { name: 'others', candidate: ${JSON.stringify(candidate.url.href)}, routes: ['GET /others'] }],
      };\n`,
  );

const post = (body: string): RecordedEntry =>
  recorded('/graphql', 0, {
    request: {
      method: 'POST',
      headers: [{ name: 'content-type', value: 'application/json' }],
      postData: { mimeType: 'application/json', text: body },
    },
  });

describe('asking both sides', () => {
  test('compares what they answer now, by what paths have in common', async () => {
    await save('shop.har', [recorded('/orders/1?a=1', 0), recorded('/orders/2', 0), recorded('/orders', 0)]);
    const report = await json('shop.har', ...both());
    expect(report.verdicts).toMatchObject({ mismatch: 3 });
    expect(report.groups).toMatchObject([
      { feature: 'har', route: 'GET /orders/:id', path: '$.total', kind: 'value', count: 2 },
      { route: 'GET /orders', count: 1 },
    ]);
    expect(report.groups[0]?.samples[0]).toEqual({
      question: 'GET /orders/1?a=1',
      at: '$.total',
      legacy: '1',
      candidate: '2',
    });
    expect(candidate.asked[0]?.headers['x-fig-shadow']).toBe('1');
    expect(legacy.asked[0]?.headers).toMatchObject({ host: legacy.url.host, 'x-forwarded-proto': 'http' });
    totals.candidate = 1;
    expect(await har('shop.har', ...both(), '--fail-on', 'mismatch,undetermined=0%')).toMatchObject({ code: 0 });
  });

  test('lists what it leaves out, with the reason, and asks none of it', async () => {
    await save('shop.har', [
      recorded('/orders/1', 0),
      recorded('/orders/1', 0, { request: { method: 'POST' } }),
      recorded('/orders/1', 0, { request: { method: 'DELETE' } }),
      recorded('/', 0, { request: { url: 'https://cdn.example/app.js' } }),
      recorded('/', 0, { request: { url: 'wss://shop.example/live' } }),
      recorded('/', 0, { request: { url: 'data:image/png;base64,aaaa' } }),
      { request: {} },
    ]);
    const { left } = await json('shop.har', ...both());
    expect(left.map(({ reason, count }) => `${count} ${reason}`)).toEqual([
      '2 method',
      '2 not-http',
      '1 no-entry',
      '1 other-origin',
    ]);
    expect(new Set(asked(candidate))).toEqual(new Set(['/orders/1']));
    const { stdout } = await har('shop.har', ...both());
    expect(stdout).toContain('no GET, and no query that a route declares');
  });

  test('uses no credentials of the file, and takes no refusal of both for agreement', async () => {
    const request = { headers: [{ name: 'Cookie', value: 'sid=recorded' }] };
    await save('shop.har', [recorded('/private', 0, { request })]);
    totals.candidate = 1;
    const report = await json('shop.har', ...both());
    expect(report.verdicts).toMatchObject({ match: 0, undetermined: 1 });
    expect(report.left).toMatchObject([{ reason: 'credentials' }]);
    expect(report.notes[0]).toContain('1 of 1 questions were recorded with cookies or credentials');
    expect(legacy.asked[0]?.headers.cookie).toBeUndefined();
  });
});

describe('what was recorded and the candidate now', () => {
  test('is compared without asking legacy', async () => {
    await save('shop.har', [
      recorded('/orders/1', 2),
      recorded('/orders/2', 7),
      recorded('/orders/3', 0, { response: { status: 0, content: {} } }),
      recorded('/orders/4', 0, { response: { content: { size: 90, mimeType: 'application/json' } } }),
    ]);
    const report = await json('shop.har', '--recorded', '--candidate', candidate.url.href, '--rate', '200');
    expect(report.verdicts).toMatchObject({ match: 1, mismatch: 1 });
    expect(report.groups).toMatchObject([{ path: '$.total', samples: [{ legacy: '7', candidate: '2' }] }]);
    expect(report.left.map(({ reason }) => reason).toSorted()).toEqual(['aborted', 'no-body']);
    expect(legacy.asked).toHaveLength(0);
  });

  test('a candidate that cannot be reached failed', async () => {
    await save('shop.har', [recorded('/orders/1', 2)]);
    await candidate[Symbol.asyncDispose]();
    const args = ['shop.har', '--recorded', '--candidate', candidate.url.href];
    expect((await json(...args)).groups).toMatchObject([{ kind: 'error' }]);
    expect(await har(...args, '--fail-on', 'mismatch')).toMatchObject({ code: 3 });
  });
});

describe('two files', () => {
  test('are paired by method, target and order, and nobody is asked', async () => {
    const other = (path: string, total: number): RecordedEntry =>
      recorded(path, total, { request: { url: `http://localhost:4000${path}` } });
    await save('legacy.har', [
      recorded('/orders/1?a=1', 1),
      recorded('/orders/1?a=1', 2),
      recorded('/orders/2', 3),
      recorded('/only', 1),
    ]);
    await save('candidate.har', [
      other('/orders/2', 4),
      other('/orders/1?a=1', 1),
      other('/orders/1?a=1', 2),
      other('/other', 1),
    ]);
    const report = await json('legacy.har', 'candidate.har');
    expect(report.verdicts).toMatchObject({ match: 2, mismatch: 1 });
    expect(report.groups).toMatchObject([{ samples: [{ question: 'GET /orders/2', legacy: '3', candidate: '4' }] }]);
    expect(report.left.map(({ reason }) => reason)).toEqual(['not-in-candidate-file', 'not-in-legacy-file']);
    expect(await har('legacy.har', 'candidate.har', '--fail-on', 'mismatch')).toMatchObject({ code: 3 });
    expect(asked(legacy)).toEqual([]);
  });

  test('begin where something is shown, not where the browser was sent on', async () => {
    const sentOn = recorded('/', 0, {
      request: { url: 'http://shop.example/' },
      response: { status: 301, headers: [{ name: 'location', value: 'https://shop.example/' }], content: { size: 0 } },
    });
    await save('legacy.har', [sentOn, recorded('/orders/1', 1)]);
    await save('candidate.har', [recorded('/orders/1', 1)]);
    const report = await json('legacy.har', 'candidate.har');
    expect(report.verdicts).toMatchObject({ match: 1 });
    expect(report.left).toMatchObject([{ reason: 'other-origin', count: 1 }]);
  });

  test('of which the candidate reveals what legacy refuses have a critical difference', async () => {
    await save('legacy.har', [recorded('/orders/1', 1, { response: { status: 403 } })]);
    await save('candidate.har', [recorded('/orders/1', 1)]);
    expect(await har('legacy.har', 'candidate.har', '--fail-on', 'critical')).toMatchObject({ code: 3 });
  });

  test('that have nothing in common prove nothing', async () => {
    await save('legacy.har', [recorded('/a', 1)]);
    await save('candidate.har', [recorded('/b', 1)]);
    expect(await har('legacy.har', 'candidate.har')).toMatchObject({ code: 0 });
    expect(await har('legacy.har', 'candidate.har', '--fail-on', 'mismatch')).toMatchObject({ code: 4 });
  });
});

describe('with a config', () => {
  test('its routes, rules, legacy and candidate are taken, and what no route takes is left out', async () => {
    await configure();
    await save('shop.har', [recorded('/orders/1', 0), recorded('/elsewhere', 0), recorded('/others', 0)]);
    const report = await json('shop.har', '--rate', '200');
    expect(report.verdicts).toMatchObject({ match: 1, mismatch: 1 });
    expect(report.groups).toMatchObject([{ feature: 'others', route: 'GET /others' }]);
    expect(report.left).toMatchObject([{ reason: 'no-route', questions: ['GET /elsewhere'] }]);
    // As through the proxy, which keeps the host unless told otherwise.
    expect(legacy.asked[0]?.headers).toMatchObject({ host: 'shop.example', 'x-forwarded-proto': 'https' });
    const ofOrders = await json('shop.har', '--feature', 'orders');
    expect(ofOrders.left.map(({ reason }) => reason).toSorted()).toEqual(['no-route', 'other-feature']);
    expect((await json('shop.har', '--rules-of', 'orders')).verdicts).toMatchObject({ match: 2, mismatch: 1 });
  });

  test('a query that a route declares is asked with its body', async () => {
    await configure();
    const text = JSON.stringify({ query: 'query Orders { orders { id } }' });
    const mutation = JSON.stringify({ query: 'mutation Orders { drop }' });
    await save('shop.har', [post(text), post(mutation)]);
    const report = await json('shop.har');
    expect(report.verdicts).toMatchObject({ match: 1 });
    expect(report.left).toMatchObject([{ reason: 'method', count: 1 }]);
    expect(legacy.asked.every(({ method }) => method === 'POST')).toBe(true);
  });

  test('its rules hold for two files as well, and --no-config leaves it aside', async () => {
    await configure();
    await save('legacy.har', [recorded('/orders/1', 1)]);
    await save('candidate.har', [recorded('/orders/1', 2)]);
    expect((await json('legacy.har', 'candidate.har')).verdicts).toMatchObject({ match: 1 });
    expect((await json('legacy.har', 'candidate.har', '--no-config')).verdicts).toMatchObject({ mismatch: 1 });
  });

  test('a feature that it does not have is refused', async () => {
    await configure();
    await save('shop.har', []);
    expect((await har('shop.har', '--rules-of', 'nope')).stderr).toContain('FIG_UNKNOWN_FEATURE');
  });
});

test('a page is written that shows what differs, whatever is in it', async () => {
  const attack = `<img src=x onerror="document.title='owned'">`;
  await save('legacy.har', [recorded(`/${attack}`, 1), recorded('/same', 1), recorded('/gone', 1)]);
  await save('candidate.har', [recorded(`/${attack}`, 2), recorded('/same', 1)]);
  const { stderr } = await har('legacy.har', 'candidate.har', '--html', 'out/replay.html');
  expect(stderr).toContain('wrote out/replay.html');
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const file = pathToFileURL(join(cwd, 'out', 'replay.html')).href;
    await page.goto(file);
    expect(await page.title()).toBe('HAR · fig replay');
    const text = await page.locator('main').innerText();
    expect(text).toContain('$.total');
    expect(text).toContain('only in the file of legacy');
    expect(await page.locator('table.excerpt mark').allInnerTexts()).toEqual(['1', '2']);
    expect(requests).toEqual([file]);
    await page.screenshot({ path: 'test-results/replay.png', fullPage: true });
  } finally {
    await browser.close();
  }
});

test('a file that is none, and arguments that do not fit, are refused', async () => {
  await writeFile(join(cwd, 'text.har'), 'no json');
  await save('shop.har', [recorded('/a', 1)]);
  expect((await har('text.har', ...both())).stderr).toContain('FIG_HAR_INVALID');
  expect((await har('missing.har', ...both())).stderr).toContain('FIG_HAR_INVALID');
  await truncate(join(cwd, 'text.har'), 500_000_001);
  expect((await har('text.har', ...both())).stderr).toContain('more than can be read');
  expect(await har('shop.har')).toMatchObject({ code: 2 });
  expect(await har('shop.har', '--candidate', candidate.url.href)).toMatchObject({ code: 2 });
  expect(await har('shop.har', 'shop.har', '--rules-of', 'orders')).toMatchObject({ code: 2 });
  const help = await har('--help');
  expect(help.stdout).toContain('fig replay har legacy.har candidate.har');
});
