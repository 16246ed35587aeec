import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RulesReport } from '../../../src/app/replay/check-rules.ts';
import type { ReplayReport } from '../../../src/app/replay/replay-report.ts';
import { groupIdOf } from '../../../src/store/group-id.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { run, type Ran } from '../run-cli.ts';
import { setStage, type Stage } from './stored-questions.ts';

const idOf = (path: string, kind: string, route = 'GET /orders/:id'): string =>
  groupIdOf({ feature: 'orders', route, path, kind });
const total = idOf('$.total', 'value');
const name = idOf('$.name', 'value');

const refuse = (): unknown => ({ status: 401, body: {} });

let stage: Stage;

beforeEach(async () => {
  stage = await setStage({
    legacy: (target) => ({ target, total: 10, name: 'Ada' }),
    candidate: (target) => ({ target, total: 11, name: 'Bob' }),
  });
});
afterEach(() => stage[Symbol.asyncDispose]());

const replay = (...args: string[]): Promise<Ran> =>
  run(['replay', ...args, '--config', stage.config, '--rate', '200'], { cwd: stage.cwd });

async function json(...args: string[]): Promise<ReplayReport> {
  const { stdout, stderr } = await replay(...args, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReplayReport;
}

test('a group that was found by the shadow is gone when the candidate is mended, and another remains', async () => {
  await stage.compare(['/orders/1', '/orders/2']);
  const before = await replay('--group', total, '--fail-on', 'mismatch');
  expect(before).toMatchObject({ code: 3 });
  expect(before.stdout).toContain('2 mismatch');
  expect(before.stdout).toMatch(new RegExp(`${total}\\s+remains`));
  expect(before.stderr).toContain('failed on mismatch: 2 answers differ');

  stage.says.candidate = (target) => ({ target, total: 10, name: 'Bob' });
  const after = await json('--group', total);
  expect(after.outcomes).toMatchObject([{ id: total, outcome: 'gone', gone: 2, remains: 0, undetermined: 0 }]);
  expect(after.groups).toMatchObject([{ id: name, count: 2, samples: [{ legacy: '"Ada"', candidate: '"Bob"' }, {}] }]);

  stage.says.candidate = stage.says.legacy;
  expect(await replay('--group', total.slice(0, 6), '--fail-on', 'mismatch,undetermined=0%')).toMatchObject({
    code: 0,
  });
});

test('both sides are asked, marked as shadow, with what is given and nothing of the visitor', async () => {
  await stage.compare(
    ['/orders/1'],
    ['Cookie', 'sid=of-a-visitor', 'Accept-Language', 'de', 'User-Agent', 'Visitor/1'],
  );
  for (const side of [stage.legacy, stage.candidate]) side.asked.length = 0;
  stage.says.candidate = (_, { headers }) => ({ echo: headers, total: 11 });
  const env = { FIG_REPLAY_HEADERS: 'X-Tenant: blue\n\nAuthorization: Bearer from-env-123456' };
  const { code, stdout, stderr } = await run(
    ['replay', 'stored', '--config', stage.config, '--cookie', 'sid=mine; lang=en', '--header', 'X-Who: me'],
    { cwd: stage.cwd, env },
  );
  expect(code).toBe(0);
  for (const side of [stage.legacy, stage.candidate]) {
    expect(side.asked.length).toBeGreaterThan(0);
    for (const { headers } of side.asked) {
      expect(headers).toMatchObject({
        cookie: 'sid=mine; lang=en',
        'x-who': 'me',
        'x-tenant': 'blue',
        authorization: 'Bearer from-env-123456',
        'accept-language': 'de',
        'x-fig-shadow': '1',
      });
      expect(headers['user-agent']).toBeUndefined();
    }
  }
  expect(stdout + stderr).not.toMatch(/mine|from-env|of-a-visitor/);
  expect(stdout).toContain('$.echo');
});

test('what was asked with credentials is not asked without, unless that is wanted', async () => {
  await stage.compare(['/orders/1'], ['Cookie', 'sid=1']);
  stage.legacy.asked.length = 0;
  const report = await json('stored');
  expect(report.left).toEqual([{ reason: 'credentials', count: 1, questions: ['GET /orders/1'] }]);
  expect(report.outcomes).toMatchObject([
    { outcome: 'undetermined', reasons: ['credentials'] },
    { outcome: 'undetermined' },
  ]);
  expect(stage.legacy.asked).toHaveLength(0);
  expect(await replay('stored', '--fail-on', 'mismatch')).toMatchObject({ code: 4 });
  expect((await json('stored', '--anonymous')).verdicts.mismatch).toBe(1);
});

test('a question that personal data was removed from cannot be asked, and says so', async () => {
  await stage.compare(['/orders?email=ada@example.com']);
  stage.legacy.asked.length = 0;
  const { stdout } = await replay('stored');
  expect(stdout).toContain('cannot be asked again: personal data was removed');
  expect(stdout).not.toContain('ada@');
  expect(stage.legacy.asked).toHaveLength(0);
});

test('a HEAD is asked again as one', async () => {
  stage.says = { legacy: () => ({}), candidate: refuse };
  await stage.compare(['/orders/1'], [], { method: 'HEAD', route: 'HEAD /orders/:id' });
  for (const side of [stage.legacy, stage.candidate]) side.asked.length = 0;
  const before = await json('stored');
  expect(before.outcomes).toMatchObject([{ route: 'HEAD /orders/:id', path: 'status', outcome: 'remains' }]);
  stage.says.candidate = stage.says.legacy;
  expect((await json('stored')).outcomes).toMatchObject([{ path: 'status', outcome: 'gone' }]);
  expect(new Set([...stage.legacy.asked, ...stage.candidate.asked].map(({ method }) => method))).toEqual(
    new Set(['HEAD']),
  );
});

test('a query in a body is not asked again, because the body is not kept: what to do is said, and its answers are there for rules', async () => {
  const body = Buffer.from(JSON.stringify({ query: 'query Orders { orders { total } }' }));
  const route = 'POST /graphql [operation Orders]';
  await stage.compare(['/graphql'], ['Content-Type', 'application/json'], {
    method: 'POST',
    route,
    query: { operation: 'Orders', body },
  });
  const { stdout, code } = await replay('stored', '--fail-on', 'mismatch');
  expect(code).toBe(4);
  expect(stdout).toContain(
    'cannot be asked again: bodies of questions are never kept; record them and use fig replay har',
  );
  const rules = await run(['rules', 'check', 'orders', '--config', stage.config, '--json'], { cwd: stage.cwd });
  const [checked] = (JSON.parse(rules.stdout) as RulesReport).features;
  expect(checked).toMatchObject({
    pairs: 1,
    groups: [
      { route, outcome: 'remains' },
      { route, outcome: 'remains' },
    ],
  });
});

test('that both sides answer otherwise than then is not taken for mended', async () => {
  await stage.compare(['/orders/1']);
  stage.says = { legacy: refuse, candidate: refuse };
  const report = await json('--group', total);
  expect(report.verdicts.match).toBe(1);
  expect(report.outcomes).toMatchObject([{ outcome: 'undetermined', reasons: ['other-status'] }]);
});

test('a legacy that fails is left alone', async () => {
  await stage.compare(Array.from({ length: 5 }, (_, i) => `/orders/${i}`));
  stage.says.legacy = () => ({ status: 503, body: {} });
  stage.legacy.asked.length = 0;
  const { code, stdout } = await run(
    ['replay', 'stored', '--config', stage.config, '--rate', '2', '--fail-on', 'mismatch'],
    { cwd: stage.cwd },
  );
  expect(code).toBe(4);
  expect(stdout).toContain('stopped: legacy failed to answer 3 questions in a row');
  expect(stage.legacy.asked).toHaveLength(3);
});

test('questions are chosen by feature, route and number', async () => {
  await stage.compare(['/orders/1', '/orders/2', '/orders?page=1']);
  expect((await json('stored', '--route', 'GET /orders')).verdicts.mismatch).toBe(1);
  expect((await json('stored', '--limit', '2')).verdicts.mismatch).toBe(2);
  expect((await json('stored', '--feature', 'orders')).verdicts.mismatch).toBe(3);
});

test('what does not fit is refused with what to do', async () => {
  expect(await replay('stored')).toMatchObject({ code: 0 });
  expect((await replay('stored')).stdout).toContain('No questions are stored');
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await run(['replay', ...args], { cwd: stage.cwd });
    return `${code} ${stderr}`;
  };
  const config = ['--config', stage.config];
  expect(await refused('--group', 'ffffffff', ...config)).toContain('FIG_UNKNOWN_GROUP');
  expect(await refused('stored', '--feature', 'nope', ...config)).toContain('FIG_UNKNOWN_FEATURE');
  expect(await refused(...config)).toMatch(/^2 [^]*fig replay --group ID/);
  expect(await refused('stored', '--rate', '0', ...config)).toMatch(/^2 /);
  expect(await refused('stored', '--fail-on', 'gate', ...config)).toMatch(/^2 /);
  const secret = await refused('stored', '--header', 'secret-token-without-a-name', ...config);
  expect(secret).toMatch(/^2 [^]*Name: value/);
  expect(secret).not.toContain('secret-token');
});

async function told(store: string | undefined): Promise<string> {
  const config = join(stage.cwd, 'other.mjs');
  await writeFile(config, `export default ${JSON.stringify({ legacy: { url: 'http://127.0.0.1:9' }, store })};`);
  const { code, stderr } = await run(['replay', 'stored', '--config', config], { cwd: stage.cwd });
  return `${code} ${stderr}`;
}

test('a store that is away, that no fig has used, or that does not run is told apart from one without questions', async () => {
  await using database = await createTestDatabase();
  const away = new URL(database.url);
  away.port = '9';
  expect(await told(database.url)).toContain('FIG_STORE_UNREACHABLE');
  expect(await told(away.href)).toContain('FIG_STORE_UNREACHABLE');
  expect(await told(undefined)).toContain('FIG_NOT_RUNNING');
});
