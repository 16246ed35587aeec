import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RulesReport } from '../../../src/app/replay/check-rules.ts';
import { groupIdOf } from '../../../src/store/group-id.ts';
import { run, type Ran } from '../run-cli.ts';
import { setStage, type Stage } from './stored-questions.ts';

const idOf = (path: string, kind: string): string =>
  groupIdOf({ feature: 'orders', route: 'GET /orders/:id', path, kind });

let stage: Stage;

beforeEach(async () => {
  const rows = [
    { id: 'a', n: 1 },
    { id: 'b', n: 2 },
  ];
  stage = await setStage(
    {
      legacy: () => ({ at: 'now', total: 10, secret: 5, rows, note: 'x' }),
      candidate: () => ({ at: 'then', total: 10.004, secret: 5.004, rows: rows.toReversed(), note: 'y' }),
    },
    { redact: ['$.secret'], ignore: ['$.at', '$.nowhere'] },
  );
  await stage.compare(['/orders/1', '/orders/2']);
  stage.legacy.asked.length = 0;
});
afterEach(() => stage[Symbol.asyncDispose]());

const check = (...args: string[]): Promise<Ran> =>
  run(['rules', 'check', ...args, '--config', stage.config], { cwd: stage.cwd });

async function tried(rules: object): Promise<RulesReport['features'][number]> {
  await writeFile(join(stage.cwd, 'draft.json'), JSON.stringify(rules));
  const { stdout, stderr } = await check('orders', '--rules', 'draft.json', '--json');
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as RulesReport).features[0]!;
}

test('under the rules that it was found by, everything remains, and rules that hide nothing are told', async () => {
  const { code, stdout } = await check('orders', '--fail-on', 'mismatch');
  expect(code).toBe(3);
  expect(stdout).toContain('2 stored pairs, 4 groups');
  expect(stdout).not.toContain(' gone');
  expect(stdout).toMatch(/ignore\s+\$\.at\s+2 pairs/);
  expect(stdout).toMatch(/ignore\s+\$\.nowhere\s+no stored pair/);
  expect(stdout).toContain('1 of 2 rules hides nothing');
  expect(stage.legacy.asked).toHaveLength(0);
});

test('other rules are tried: what they hide is gone, and what they would have to see of a hash is undetermined', async () => {
  const { pairs, groups, rules } = await tried({
    ignore: ['$.at', '$.note'],
    keyed: { '$.rows': 'id' },
    tolerance: { '$.total': 0.01, '$.secret': 0.01 },
    redact: ['$.secret'],
  });
  expect(pairs).toBe(2);
  const outcomes = Object.fromEntries(groups.map(({ id, outcome, reasons }) => [id, [outcome, ...reasons]]));
  expect(outcomes).toEqual({
    [idOf('$.total', 'value')]: ['gone'],
    [idOf('$.secret', 'value')]: ['undetermined', 'redacted'],
    [idOf('$.rows', 'order')]: ['gone'],
    [idOf('$.note', 'value')]: ['gone'],
  });
  expect(rules).toEqual([
    { rule: 'ignore', path: '$.at', hides: 2 },
    { rule: 'ignore', path: '$.note', hides: 2 },
    { rule: 'keyed', path: '$.rows', hides: 2 },
    { rule: 'tolerance', path: '$.total', hides: 2 },
    { rule: 'tolerance', path: '$.secret', hides: 0 },
  ]);
});

test('exit codes tell what remains, and what could not be decided', async () => {
  await tried({ ignore: ['$.at', '$.note', '$.total', '$.rows', '$.secret'] });
  const draft = ['orders', '--rules', 'draft.json'];
  expect(await check(...draft, '--fail-on', 'mismatch,critical,undetermined=0%')).toMatchObject({ code: 0 });
  await tried({ ignore: ['$.at', '$.note', '$.total', '$.rows'], tolerance: { '$.secret': 0.01 } });
  expect(await check(...draft, '--fail-on', 'mismatch')).toMatchObject({ code: 0 });
  expect(await check(...draft, '--fail-on', 'undetermined=10%')).toMatchObject({ code: 4 });
});

test('rules that cannot be read, and a feature that is not there, are refused', async () => {
  await writeFile(join(stage.cwd, 'draft.json'), '{"ignored":[]}');
  expect((await check('orders', '--rules', 'draft.json')).stderr).toContain('FIG_RULES_INVALID');
  await writeFile(join(stage.cwd, 'draft.json'), '{"ignore":["$.a..b"]}');
  expect((await check('orders', '--rules', 'draft.json')).stderr).toContain('FIG_RULES_INVALID');
  expect((await check('orders', '--rules', 'missing.json')).stderr).toContain('FIG_RULES_INVALID');
  expect((await check('nope')).stderr).toContain('FIG_UNKNOWN_FEATURE');
});
