import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { harAnswer } from '../../../shadow/har/har-answer.ts';
import { readHar, type HarEntry } from '../../../shadow/har/har-file.ts';
import { harQuestion } from '../../../shadow/har/har-question.ts';
import { createRedactor } from '../../../shadow/redact.ts';
import { openBrowser } from '../../support/browser.ts';
import { noCompareRules } from '../arbitraries.ts';

const image = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const page = `<!doctype html><meta charset="utf-8"><title>Zoë</title><img src="/dot.gif"><script>
  fetch('/json').then((r) => r.json()).then(() => fetch('/moved')).then(() => { document.title = 'done'; });
</script>`;
const json = JSON.stringify({ name: 'Zoë', total: 12.5 });

let server: Server;
let origin: string;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: `${origin}/json` }).end();
    else if (request.url === '/dot.gif') response.writeHead(200, { 'content-type': 'image/gif' }).end(image);
    else if (request.url === '/json') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(json));
    } else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  origin = `http://127.0.0.1:${address.port}`;
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), 'fig-browser-har-'));
}, 120_000);
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('what a browser has recorded reads as what the server said', async () => {
  const path = join(folder, 'browser.har');
  const context = await browser.newContext({ recordHar: { path, content: 'embed' } });
  const tab = await context.newPage();
  await tab.goto(`${origin}/`);
  await tab.waitForFunction("document.title === 'done'");
  await context.close();
  const entries = readHar(await readFile(path, 'utf8'), path).flatMap((read) => (read.ok ? [read.entry] : []));
  const comparer = new AnswerComparer(
    { ...noCompareRules, headers: ['content-type', 'location'] },
    createRedactor(Buffer.of(1)),
  );
  const live = (target: string) => entries.find((entry: HarEntry) => harQuestion(entry)?.question.target === target)!;
  const said: [string, number, string[], Buffer][] = [
    ['/', 200, ['content-type', 'text/html; charset=utf-8'], Buffer.from(page)],
    ['/json', 200, ['content-type', 'application/json'], Buffer.from(json)],
    ['/dot.gif', 200, ['content-type', 'image/gif'], image],
    ['/moved', 302, ['location', '/json'], Buffer.of()],
  ];
  for (const [target, status, headers, body] of said) {
    const found = harAnswer(live(target), origin);
    if (!found.ok) throw new Error(`${target}: ${found.reason}`);
    expect(comparer.compare(found.answer, { status, headers, body }), target).toEqual({ outcome: 'equal' });
  }
});
