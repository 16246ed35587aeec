import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { listening, type Upstream } from '../proxy/support/harness.ts';
import { FigProcess, runFig } from '../support/fig-process.ts';
import { PersonalData } from '../support/personal-data.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { personalCases, type CaseAnswer, type PersonalCase } from './personal-cases.ts';

const config = fileURLToPath(new URL('./fixtures/personal.config.ts', import.meta.url));
const data = new PersonalData();
const cases = personalCases(data);
const errors = Object.values(data.kinds());
let folder: string;
let databases: { legacy: TestDatabase; store: TestDatabase };
let legacy: Upstream;
let candidate: Upstream;
let fig: FigProcess;

function serverOf(answerOf: (each: PersonalCase) => CaseAnswer): Server {
  const answers = new Map(cases.map((each) => [each.target, answerOf(each)]));
  const listener: RequestListener = (req, res) => {
    const {
      status = 200,
      headers = {},
      type,
      body,
    } = answers.get(req.url!) ?? { type: 'application/json', body: '{}' };
    res.writeHead(status, { ...headers, 'content-type': type }).end(body);
  };
  return createServer(listener);
}

beforeAll(async () => {
  databases = { legacy: await createTestDatabase(), store: await createTestDatabase() };
  legacy = await listening(serverOf(({ legacy: answer }) => answer));
  candidate = await listening(serverOf(({ legacy: same, candidate: answer }) => answer ?? same));
  folder = await mkdtemp(join(tmpdir(), 'fig-personal-'));
  fig = FigProcess.start(folder, config, await freePortNear(0), {
    LEGACY_URL: legacy.url.href,
    CANDIDATE_URL: candidate.url.href,
    LEGACY_DATABASE_URL: databases.legacy.url,
    FIG_DATABASE_URL: databases.store.url,
  });
  await fig.ready();
}, 60_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await legacy?.[Symbol.asyncDispose]();
  await candidate?.[Symbol.asyncDispose]();
  await databases?.legacy[Symbol.asyncDispose]();
  await databases?.store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** As a browser of somebody who is signed in would ask. */
async function ask(target: string): Promise<void> {
  const response = await fetch(fig.proxy + target, {
    redirect: 'manual',
    headers: { cookie: `shop_session=${data.secrets[0]!.text}; other=${cookie}`, authorization: bearer },
  });
  await response.arrayBuffer();
}

const cookie = data.word();
const { bearer } = data.kinds();

/** Every column of every table of the control store as text, each table under its name. */
async function dump(): Promise<Map<string, string>> {
  const client = new Client({ connectionString: databases.store.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    const texts = new Map<string, string>();
    for (const { name } of rows) {
      const table = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      texts.set(name, table.rows.map(({ row }) => row).join('\n'));
    }
    return texts;
  } finally {
    await client.end();
  }
}

test('personal data in questions, answers and errors is nowhere in the store, the reports, the status or the log', async () => {
  for (const feature of ['service', 'ruled', 'handlers']) {
    expect(await fig.json('promote', feature, '--reads', '--force', '--why', 'the test needs it')).toMatchObject({
      moved: true,
    });
  }
  const failing = errors.map((each, n) => `/handlers/${n}?error=${encodeURIComponent(each)}`);
  await until('the shadow takes questions', async () => {
    await ask('/handlers/well');
    const { features } = await fig.status();
    return features.find(({ feature }) => feature === 'handlers')!.comparisons.match > 0;
  });
  const mismatching = cases.filter((each) => each.candidate !== undefined && each.target !== '/ruled/4');
  await until(
    'all is compared',
    async () => {
      const { features } = await fig.status();
      const count = (verdict: 'match' | 'mismatch' | 'error'): number =>
        features.reduce((sum, { comparisons }) => sum + comparisons[verdict], 0);
      const isDone =
        count('mismatch') >= mismatching.length && count('error') >= failing.length && count('match') >= 12;
      if (isDone) return true;
      const { mismatch, match, error } = { mismatch: count('mismatch'), match: count('match'), error: count('error') };
      for (const each of cases) await ask(each.target);
      for (const target of failing) {
        await ask(target);
        // One that does nothing but fail would be asked less and less.
        for (let n = 0; n < 2; n += 1) await ask('/handlers/well');
      }
      throw new Error(`${mismatch} of ${mismatching.length} differ, ${match} match, ${error} failed`);
    },
    60_000,
  );
  // What is compared is written a quarter of a second later.
  await until('facts are stored', async () => ((await dump()).get('fig.match_facts') ?? '').split('\n').length >= 12);

  const places = await dump();
  expect(places.get('fig.difference_sample')!.split('\n').length).toBeGreaterThan(100);
  expect(places.get('fig.mismatch_facts')!.split('\n').length).toBeGreaterThan(100);
  const files = ['--html', 'all.html', '--junit', 'all.xml'];
  const reports: [string, string[]][] = [
    ['report', ['report', ...files]],
    ['report --json', ['report', '--json']],
    ['report --markdown', ['report', '--markdown']],
    ['status --json', ['status', '--json']],
    ...['service', 'ruled', 'handlers'].map((feature): [string, string[]] => [
      `report ${feature}`,
      ['report', feature],
    ]),
  ];
  for (const [name, args] of reports) {
    const { stdout, stderr } = await runFig(folder, args);
    expect(stdout, name).not.toBe('');
    places.set(name, stdout + stderr);
  }
  for (const name of ['all.html', 'all.xml']) places.set(name, await readFile(join(folder, name), 'utf8'));
  places.set('the admin server', await (await fetch(`${await fig.admin()}/features/service/report`)).text());
  places.set('metrics', await (await fetch(`${await fig.admin()}/metrics`)).text());
  places.set('the log', fig.output);

  const found = [...places].flatMap(([place, text]) => data.foundIn(text).map((what) => `${what} in ${place}`));
  expect(found).toEqual([]);
}, 120_000);

test('the search would find it', () => {
  for (const { what, text } of data.secrets) expect(data.foundIn(`x${encodeURIComponent(text)}x`)).toContain(what);
});
