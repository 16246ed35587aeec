import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import type { GateResult } from '../../src/app/control.ts';
import { writeRunFile } from '../../src/app/starting/run-file.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { observingStatus, sampleControl, sampleStatus } from '../support/sample-control.ts';
import { sampleReport } from '../support/sample-report.ts';
import { run } from './run-cli.ts';

const control = sampleControl();
const { outcome } = control;
let server: AdminServer;
let admin: string[];

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
  admin = ['--admin', server.url];
});
afterAll(() => server.stop());
beforeEach(() => {
  control.asked.length = 0;
  control.outcome = outcome;
  control.current = sampleStatus();
});

const refused = (gate: GateResult | undefined): void => {
  control.outcome = (feature) => ({
    feature,
    moved: false,
    from: 'shadow',
    to: 'shadow',
    gate,
    reason: '87 answers differ',
  });
};

describe('fig status', () => {
  it('shows addresses, features, match rates, gates and their reasons', async () => {
    const { code, stdout, stderr } = await run(['status', ...admin]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('proxy       http://127.0.0.1:8080');
    expect(stdout).toMatch(/orders +shadow +3,391 +97\.43 % +84\.2 ms +6\.1 ms +order_summary v1 ready +FAIL/);
    expect(stdout).toMatch(/catalogue +canary 25% +2,911 +100 %/);
    expect(stdout).toContain('orders: 87 of 3,391 answers differ');
    expect(stdout).not.toContain('\u001B[');
  });

  it('shows the routes when there are no features', async () => {
    control.current = { ...sampleStatus(), ...observingStatus() };
    const { stdout } = await run(['status', ...admin]);
    expect(stdout).toContain('observing');
    expect(stdout).toMatch(/GET +\/api\/orders\/:id +6,214 +2xx 6,102, 4xx 112/);
  });

  it('prints exactly what the API answers with --json', async () => {
    const { stdout } = await run(['status', '--json', ...admin]);
    expect(stdout).toBe(`${await (await fetch(`${server.url}/status`)).text()}\n`);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'shop' });
  });
});

describe('fig report', () => {
  it('shows the groups with both values side by side and a request that shows it', async () => {
    const { code, stdout } = await run(['report', 'orders', ...admin]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      / 56 +1\.65 % +\$\.total {2}value +129\.90 +149\.90\n +GET \/api\/orders\/:id {2}group [0-9a-f]{8}\n +e\.g\. GET \/api\/orders\/4711\n/,
    );
    expect(stdout).toContain('gate FAIL: 87 of 3,391 answers differ');
    expect(stdout).toMatch(/missing critical +"<b>refunded<\/b>/);
    expect(stdout).toContain('(nothing)');
    expect(stdout).toContain('GET /api/customers/:id/orders  4xx  asked 12x');
  });

  it('makes control characters of answers visible instead of sending them to the terminal', async () => {
    const { reportOf } = control;
    const [, group] = sampleReport().groups;
    const samples = group!.samples.map((sample) => ({ ...sample, legacy: 'a\u001B[2Jb\nc' }));
    control.reportOf = () => ({ ...sampleReport(), groups: [{ ...group!, samples }] });
    const { stdout } = await run(['report', 'orders', ...admin]);
    control.reportOf = reportOf;
    expect(stdout).toContain('a\\x1b[2Jb\\x0ac');
    expect(stdout).not.toContain('\u001B');
  });

  it('prints JSON with --json', async () => {
    const { stdout } = await run(['report', 'orders', '--json', ...admin]);
    const { gate } = sampleReport();
    expect(JSON.parse(stdout)).toMatchObject({ feature: 'orders', gate: { reason: gate.reason } });
  });

  it('fails with 1 for a feature that there is not, naming those there are', async () => {
    const { code, stdout, stderr } = await run(['report', 'nope', ...admin]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error FIG_UNKNOWN_FEATURE: there is no feature nope; there are: orders, catalogue\n.+\n$/);
  });

  it('prints the error as JSON on stderr with --json', async () => {
    const { stderr } = await run(['report', 'nope', '--json', ...admin]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'FIG_UNKNOWN_FEATURE', remedy: expect.any(String) } });
  });
});

describe('fig promote', () => {
  it('moves the reads and says so, under the name of who asks', async () => {
    const { code, stdout } = await run(['promote', 'orders', '--reads', ...admin]);
    expect(code).toBe(0);
    expect(stdout).toBe('moved  orders: shadow -> canary 5%. the gate passed on 3,612 clean comparisons\n');
    expect(control.asked).toEqual([{ feature: 'orders', who: 'ada' }]);
  });

  it.each([
    ['FAIL', 3],
    ['INCONCLUSIVE', 4],
    ['PASS', 1],
    [undefined, 1],
  ] as const)('refused with gate %s ends with %d', async (gate, exit) => {
    refused(gate);
    const { code, stdout } = await run(['promote', 'orders', '--reads', ...admin]);
    expect(code).toBe(exit);
    expect(stdout).toContain('refused  orders stays in shadow');
    expect(stdout).toContain('87 answers differ');
    const asJson = await run(['promote', 'orders', '--reads', '--json', ...admin]);
    expect(asJson.code).toBe(exit);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ moved: false, reason: '87 answers differ' });
  });

  it('passes over the gate only with a reason', async () => {
    const without = await run(['promote', 'orders', '--reads', '--force', ...admin]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('error FIG_WHY_REQUIRED');
    const { code } = await run(['promote', 'orders', '--reads', '--force', '--why', 'checked by hand', ...admin]);
    expect(code).toBe(0);
    expect(control.asked).toEqual([{ feature: 'orders', who: 'ada', why: 'checked by hand', force: true }]);
  });

  it('must be told that it is about the reads', async () => {
    const { code, stderr } = await run(['promote', 'orders', ...admin]);
    expect(code).toBe(2);
    expect(stderr).toContain('--reads');
  });
});

describe('fig rollback', () => {
  it('sends the reads back', async () => {
    const { code } = await run(['rollback', 'orders', '--reads', '--why', 'prices', '--to', 'legacy', ...admin]);
    expect(code).toBe(0);
    expect(control.asked).toEqual([{ feature: 'orders', who: 'ada', why: 'prices', to: 'legacy' }]);
  });

  it.each([
    ['without a reason', ['rollback', 'orders', '--reads']],
    ['to a phase that is none', ['rollback', 'orders', '--reads', '--why', 'x', '--to', 'live']],
    ['without a feature', ['rollback', '--reads', '--why', 'x']],
  ])('is a usage error %s', async (_what, args) => {
    expect((await run([...args, ...admin])).code).toBe(2);
    expect(control.asked).toEqual([]);
  });
});

describe('the address of the running fig', () => {
  it('comes from FIG_ADMIN_URL, and --admin goes before it', async () => {
    expect((await run(['status'], { env: { FIG_ADMIN_URL: server.url } })).code).toBe(0);
    expect((await run(['status', ...admin], { env: { FIG_ADMIN_URL: 'http://127.0.0.1:1' } })).code).toBe(0);
    expect((await run(['status', '--admin', server.url.replace('http://', '')])).code).toBe(0);
  });

  it('comes from the run file of the folder', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'fig-cli-'));
    await writeRunFile(cwd, { admin: server.url, pid: process.pid, startedAt: new Date().toISOString() });
    expect((await run(['status'], { cwd })).code).toBe(0);
    await rm(cwd, { recursive: true });
    const { code, stderr } = await run(['status'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('error FIG_NOT_RUNNING: no fig runs in');
    expect(stderr).toContain('fig up');
  });

  it('that nobody answers at is FIG_NOT_RUNNING, and one that is no URL is a usage error', async () => {
    const { code, stderr } = await run(['status', '--admin', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain('error FIG_NOT_RUNNING');
    expect((await run(['status', '--admin', 'http://'])).code).toBe(2);
  });

  it('that something else answers at is told from fig', async () => {
    const other = createServer((_request, response) => response.end('<html>hello'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stderr } = await run(['status', '--admin', `http://127.0.0.1:${port}`]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain('is not fig');
  });
});

describe('the help', () => {
  it.each(['proxy', 'up', 'status', 'report', 'promote', 'rollback', 'dead-letters', 'verify-model'])(
    'of fig %s has examples and exit codes',
    async (name) => {
      const { code, stdout } = await run([name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`$ fig ${name}`);
      expect(stdout).toContain('Exit codes:');
    },
  );

  it('names every command, and the version is the one of the package', async () => {
    const { stdout } = await run(['--help']);
    for (const name of ['proxy', 'up', 'status', 'report', 'promote', 'rollback'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['frobnicate']],
    [['status', '--nope']],
    [['proxy']],
    [['proxy', '--legacy', 'ftp://x']],
    [['proxy', '--legacy', 'http://x', '--listen', '99999']],
  ])('is pointed to after %j, which ends with 2', async (args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('error:');
  });
});
