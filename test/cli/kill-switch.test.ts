import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import { readKillSwitchFile } from '../../src/app/kill-switch/kill-switch-file.ts';
import { writeRunFile } from '../../src/app/starting/run-file.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl } from '../support/sample-control.ts';
import { run } from './run-cli.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fig-kill-cli-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

it('works by its file alone when nothing runs: on, status, off', async () => {
  const on = await run(['kill-switch', 'on', '--why', 'prices'], { cwd });
  expect(on).toMatchObject({ code: 0, stderr: '' });
  expect(on.stdout).toMatch(/^kill switch is ON: all reads go to legacy \(ada: prices, .*\)\nno fig answers here/);
  expect(await readKillSwitchFile(cwd)).toMatchObject({ who: 'ada', why: 'prices' });
  const status = await run(['kill-switch', 'status', '--json'], { cwd });
  expect(JSON.parse(status.stdout)).toMatchObject({ on: true, who: 'ada', running: false });
  const off = await run(['kill-switch', 'off'], { cwd });
  expect(off.stdout).toMatch(/^kill switch is off/);
  expect(await readKillSwitchFile(cwd)).toBeUndefined();
});

it('tells the fig that runs in the folder, and the status of that fig says so first', async () => {
  const control = sampleControl();
  const server = await startAdminServer({ control, port: 0, log: silentLog });
  try {
    await writeRunFile(cwd, { admin: server.url, pid: process.pid, startedAt: new Date().toISOString() });
    const on = await run(['kill-switch', 'on', '--why', 'prices'], { cwd });
    expect(on.stdout).toMatch(/^kill switch is ON: .*\(ada: prices/);
    expect(control.current.killSwitch).toMatchObject({ on: true, who: 'ada', why: 'prices' });
    const status = await run(['status'], { cwd });
    expect(status.stdout).toContain('kill switch ON, all reads go to legacy (ada: prices)');
    await run(['kill-switch', 'off'], { cwd });
    expect(control.current.killSwitch).toEqual({ on: false });
    expect((await run(['status'], { cwd })).stdout).not.toContain('kill switch');
  } finally {
    await server.stop();
  }
});

it('a fig that was named but does not answer is an error, and the file is written all the same', async () => {
  const on = await run(['kill-switch', 'on', '--admin', 'http://127.0.0.1:1'], { cwd });
  expect(on.code).toBe(1);
  expect(on.stderr).toContain('FIG_NOT_RUNNING');
  expect(await readKillSwitchFile(cwd)).toBeDefined();
});

it('refuses anything but on, off and status', async () => {
  expect((await run(['kill-switch', 'maybe'], { cwd })).code).toBe(2);
});
