import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import type { TailItem, TailRequest } from '../../src/app/tail/event-tail.ts';
import { FigError } from '../../src/kernel/fig-error.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { dist } from '../support/fig-process.ts';
import { type SampleControl, sampleControl } from '../support/sample-control.ts';
import { sampleLine } from '../support/sample-line.ts';
import { until } from '../support/until.ts';
import { run } from './run-cli.ts';

let server: Awaited<ReturnType<typeof startAdminServer>>;
let control: SampleControl;
let asked: TailRequest | undefined;

beforeAll(async () => {
  control = sampleControl();
  server = await startAdminServer({ control, port: 0, log: silentLog });
});
afterAll(() => server.stop());

/** Shows these, and then waits for the reader to go. */
function show(...items: readonly TailItem[]): void {
  control.tailing = async (request, reader) => {
    asked = request;
    reader.begin();
    for (const item of items) reader.take(item);
    if (!reader.signal.aborted) await once(reader.signal, 'abort');
  };
}

const tail = (...args: readonly string[]) => run(['events', 'tail', '--admin', server.url, ...args]);

test('changes are printed with kind, table, key, changed columns, position and lag', async () => {
  show(sampleLine(4711), { lost: 1_200 }, sampleLine(1, { type: 'delete', key: '#1f2e3d4c5b6a', changed: undefined }));
  const { code, stdout, stderr } = await tail('--limit', '2');
  expect(stdout.split('\n')).toEqual([
    '10:15:00.123  update    public.orders 4711 (status, note)  0/4A1C2F8  12 ms',
    '1,200 lines are missing here: they came faster than they were read',
    '10:15:00.123  delete    public.orders #1f2e3d4c5b6a  0/4A1C2F8  12 ms',
    '',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('an event is shown by its name, and nothing in it drives the terminal', async () => {
  show(
    sampleLine(1, { what: 'event', type: 'OrderCancelled', table: 'outbox', key: '7\u001b[2J', changed: undefined }),
  );
  expect((await tail('--limit', '1')).stdout).toContain('OrderCancelled  outbox 7\\x1b[2J');
});

test('--json prints what the admin API says, a line each, and what is wanted is asked for', async () => {
  show(sampleLine(1), sampleLine(2));
  const { stdout } = await tail(
    '--json',
    '--limit',
    '2',
    '--feature',
    'orders',
    '--type',
    'update',
    '--from',
    'beginning',
  );
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([sampleLine(1), sampleLine(2)]);
  expect(asked).toEqual({ feature: 'orders', type: 'update', from: 'beginning' });
});

test('what cannot be shown is an error with its exit code', async () => {
  control.tailing = () => Promise.reject(new FigError('FIG_USAGE', 'kept by nobody'));
  expect(await tail('--from', 'beginning')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('kept by nobody'),
  });
  control.tailing = () => Promise.reject(new FigError('FIG_OTHER_ROLE', 'ask sync'));
  expect(await tail()).toMatchObject({ code: 1, stderr: expect.stringContaining('FIG_OTHER_ROLE') });
  expect(await tail('--limit', '0')).toMatchObject({ code: 2 });
});

test('an error after the first lines, and a fig that goes away, end it with 1', async () => {
  control.tailing = (_request, reader) => {
    reader.begin();
    reader.take(sampleLine(1));
    return Promise.reject(new FigError('FIG_KAFKA_UNREACHABLE', 'no broker answers'));
  };
  expect(await tail()).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('public.orders 1'),
    stderr: expect.stringContaining('no broker answers'),
  });
  control.tailing = (_request, reader) => {
    reader.begin();
    return Promise.resolve();
  };
  expect(await tail()).toMatchObject({ code: 1, stderr: expect.stringContaining('went away') });
});

test('Ctrl-C ends it with 0', async () => {
  show(sampleLine(1));
  const child = startCommand();
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await until('a line is there', () => output.includes('public.orders 1'));
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a pipe that is closed ends it with 0 and without a word', async () => {
  control.tailing = async (_request, reader) => {
    reader.begin();
    for (let n = 0; !reader.signal.aborted; n += 1) if (!reader.take(sampleLine(n))) await reader.room();
  };
  const child = startCommand();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await once(child.stdout, 'readable');
  child.stdout.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(errors).toBe('');
});

/** The command as users have it. */
function startCommand() {
  const args = [join(dist, 'src/cli/main.js'), 'events', 'tail', '--admin', server.url];
  return spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
}
