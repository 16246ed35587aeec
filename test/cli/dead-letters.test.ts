import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import type { DeadLetterReport } from '../../src/app/dead-letter-reports.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl, sampleStatus } from '../support/sample-control.ts';
import { sampleChange, sampleLetter, sampleLetters } from '../support/sample-letters.ts';
import { run, type Ran } from './run-cli.ts';

const control = sampleControl();
let letters = sampleLetters();
let server: AdminServer;

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
});
afterAll(() => server.stop());
beforeEach(() => {
  control.letters = letters = sampleLetters();
});

const fig = (...args: string[]): Promise<Ran> => run(['dead-letters', ...args, '--admin', server.url]);

it('lists what failed, how often and why, and lets no byte of a key steer the terminal', async () => {
  const { code, stdout, stderr } = await fig('list');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/12 +orders +key 4711 +7 +3 +now +23514 new row for relation/);
  expect(stdout).toMatch(/13 +orders +dirty of public\.items 7, \\x1b\[31m +7 +3 +when asked for +TypeError/);
  expect(stdout).not.toContain('\u001B');
  control.letters = { ...letters, list: async () => ({ letters: [] }) };
  expect((await fig('list')).stdout).toBe('no dead letters\n');
});

it('shows one, and says that there is no such one', async () => {
  const { stdout } = await fig('show', '12');
  expect(stdout).toContain('dead letter 12');
  expect(stdout).toContain('of this key, and of lists, go to legacy');
  expect(JSON.parse((await fig('show', '12', '--json')).stdout)).toEqual(JSON.parse(JSON.stringify(sampleLetter)));
  const missing = await fig('show', '99');
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('FIG_UNKNOWN_DEAD_LETTER');
  expect((await fig('show', 'x')).code).toBe(2);
});

it('says of a change that others wait for it, and whose reads go to legacy', async () => {
  const all: DeadLetterReport = { ...sampleChange, id: 15, sourceKey: undefined };
  control.letters = {
    ...letters,
    list: async () => ({ letters: [sampleChange, all] }),
    find: async () => sampleChange,
  };
  const { stdout } = await fig('list');
  expect(stdout).toMatch(/14 +orders +change of public\.orders 7 /);
  expect(stdout).toMatch(/15 +orders +change of public\.orders \(all rows\)/);
  const shown = (await fig('show', '14')).stdout;
  expect(shown).toContain('3 since, waiting for it');
  expect(shown).toContain('of the keys that keyOf (of events: eventKeyOf) names go to legacy');
});

it('says of an event that is to be published that no reads are concerned', async () => {
  control.letters = { ...letters, find: async () => ({ ...sampleChange, feature: 'published events' }) };
  const { stdout } = await fig('show', '14');
  expect(stdout).toContain('none: it is not published, and later events of its key wait behind it');
  expect(stdout).not.toContain('go to legacy');
});

it('asks for one or for all to be tried again, and says who asked', async () => {
  expect((await fig('retry', '12')).stdout).toBe('dead letter 12 is tried again now\n');
  expect((await fig('retry', '--all', '--feature', 'orders')).stdout).toBe('2 dead letters are tried again now\n');
  expect(letters.orders).toEqual([
    { id: 12, who: 'ada' },
    { feature: 'orders', who: 'ada' },
  ]);
  for (const args of [['retry'], ['retry', '12', '--all'], ['retry', '12', '--feature', 'orders']]) {
    expect((await fig(...args)).code).toBe(2);
  }
});

it('discards one only with a reason', async () => {
  expect((await fig('discard', '12')).code).toBe(2);
  expect((await fig('discard', '12', '--why', '')).code).toBe(2);
  expect((await fig('discard', '12', '--why', 'test data')).stdout).toBe('dead letter 12 is discarded\n');
  expect(letters.orders).toEqual([{ id: 12, who: 'ada', why: 'test data' }]);
});

it('exports one JSON object per line', async () => {
  const { stdout } = await fig('export', '--format', 'ndjson');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([12, 13]);
  expect((await fig('export', '--format', 'xml')).code).toBe(2);
  expect((await fig('export', '--feature', 'nope')).stderr).toContain('FIG_UNKNOWN_FEATURE');
});

it.each(['list', 'show', 'retry', 'discard', 'export'])('the help of %s has examples and exit codes', async (name) => {
  const { code, stdout } = await run(['dead-letters', name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`$ fig dead-letters ${name}`);
  expect(stdout).toContain('Exit codes:');
});

it('fig status shows how many there are', async () => {
  const status = sampleStatus();
  const [orders] = status.features;
  control.current = { ...status, features: [{ ...orders!, readModel: { ...orders!.readModel!, deadLetters: 2 } }] };
  expect((await run(['status', '--admin', server.url])).stdout).toContain('order_summary v1 ready, 2 dead letters');
  control.current = {
    ...status,
    features: [{ ...orders!, readModel: { ...orders!.readModel!, state: 'paused', deadLetters: 101 } }],
  };
  expect((await run(['status', '--admin', server.url])).stdout).toContain('order_summary v1 paused, 101 dead letters');
});
