import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../../src/admin/admin-server.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { runFig } from '../../support/fig-process.ts';
import { observingStatus, sampleControl, sampleStatus } from '../../support/sample-control.ts';
import { emptyReport, sampleGroup, sampleReport, sampleRule } from '../../support/sample-report.ts';
import { run } from '../run-cli.ts';

const control = sampleControl();
const { reportOf } = control;
let server: AdminServer;
let admin: string[];
let cwd: string;

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
  admin = ['--admin', server.url];
});
afterAll(() => server.stop());
beforeEach(async () => {
  control.current = sampleStatus();
  control.reportOf = reportOf;
  cwd = await mkdtemp(join(tmpdir(), 'fig-report-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const report = (...args: string[]): ReturnType<typeof run> => run(['report', ...args, ...admin], { cwd });
const written = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');

describe('fig report without a feature', () => {
  it('shows a line for each feature, why its gate says what it says, and what blocks most', async () => {
    const { code, stdout, stderr } = await report();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/orders +shadow +3,391 +97\.43 % +3 +FAIL/);
    expect(stdout).toMatch(/catalogue +canary 25% +2,911 +100 % +0 +INCONCLUSIVE/);
    expect(stdout).toContain('orders: 87 of 3,391 answers differ');
    const order = ['$.orders[*].note', '$.total', '$.orders[*].total'].map((path) => stdout.indexOf(`orders  ${path}`));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(stdout.indexOf('What blocks most'));
    // Seen in an earlier step only: it blocks nothing now.
    expect(stdout).not.toContain('$.orders[*].customer');
  });

  it('ranks the groups of all features by what they block, not by how often they were seen', async () => {
    control.reportOf = (feature) => ({
      ...emptyReport(feature),
      groups:
        feature === 'orders'
          ? [sampleGroup({ path: '$.often', count: 9_000, spoiled: 2 })]
          : [sampleGroup({ path: '$.much', count: 5, spoiled: 5 }), sampleGroup({ path: '$.grave', critical: true })],
    });
    const { stdout } = await report();
    expect(stdout.match(/\$\.\w+/g)).toEqual(['$.grave', '$.much', '$.often']);
  });

  it('prints all reports as JSON', async () => {
    const { stdout } = await report('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'shop',
      features: [
        { feature: 'orders', groups: [{ critical: true, share: 3 / 3_391 }, {}, {}, {}] },
        { feature: 'catalogue' },
      ],
    });
  });

  it('is an error where there is no feature, because nothing is compared', async () => {
    control.current = { ...sampleStatus(), ...observingStatus() };
    const { code, stdout, stderr } = await report('--fail-on', 'mismatch');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('error FIG_UNKNOWN_FEATURE: observe has no feature');
  });
});

describe('fig report of one feature', () => {
  it('tells the bound, what else is in the way, latencies, coverage and rules', async () => {
    control.reportOf = () => ({ ...sampleReport(), rules: [...sampleReport().rules, sampleRule] });
    const { stdout } = await report('orders');
    expect(stdout).toContain('mismatch rate: fewer than 5.12 % differ, with 95 % confidence (limit 0.1 %)');
    expect(stdout).toContain('and GET /api/customers/:id/orders (4xx) has no comparison yet');
    expect(stdout).toMatch(/GET \/api\/orders +1,240 +31 +0 +30 +0 +0 +4 of 4/);
    expect(stdout).toMatch(/it is +5\.\d+ times faster/);
    expect(stdout).toMatch(/keyed +\$\.orders +elements paired by id/);
    expect(stdout).toMatch(
      /ignore +\$\.etag +not compared; for GET \/api\/orders; hid a difference in 120 of 400 answers/,
    );
    expect(stdout).toContain('not seen in this step');
  });
});

describe('files', () => {
  it('are written in all forms at once, while the terminal shows the report', async () => {
    const { code, stdout, stderr } = await report('--html', 'out/report.html', '--junit', 'out/report.xml');
    expect(code).toBe(0);
    expect(stdout).toContain('What blocks most');
    expect(stderr).toMatch(/^wrote out\/report\.xml \(.+\)\nwrote out\/report\.html \(.+\)\n$/);
    expect(await written('out/report.html')).toMatch(/^<!doctype html>/);
    expect(await written('out/report.xml')).toMatch(/^<\?xml /);
  });

  it('take what would be printed, with --output, in the form that was asked for', async () => {
    const text = await report('--output', 'report.txt');
    expect(text.stdout).toBe('');
    expect(await written('report.txt')).toContain('What blocks most');
    await report('--markdown', '--output', 'report.md');
    expect(await written('report.md')).toContain('| feature | reads |');
    await report('orders', '--json', '--output', 'report.json');
    expect(JSON.parse(await written('report.json'))).toMatchObject({ feature: 'orders' });
  });

  it('are written by the compiled command line as well, styles and all', async () => {
    const { code } = await runFig(cwd, ['report', '--html', 'report.html', ...admin]);
    expect(code).toBe(0);
    expect(await written('report.html')).toMatch(/--mismatch: #[\s\S]*\.histogram/);
  });

  it('hold no colours, even where a terminal would', async () => {
    await run(['report', '--output', 'report.txt', ...admin], { cwd, env: { FORCE_COLOR: '1' } });
    expect(await written('report.txt')).not.toContain('\u001B');
  });

  it('that cannot be written are told with the reason, and nothing is printed', async () => {
    await report('--output', 'taken');
    const { code, stdout, stderr } = await report('--html', 'taken/report.html');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/error FIG_REPORT_NOT_WRITTEN: the report cannot be written to .*taken\/report\.html: E\w+/);
  });

  it.each([
    [['--html', 'a', '--junit', 'a'], 'to the same file'],
    [['--html', 'a', '--output', './a'], 'to the same file'],
    [['--html', ''], 'is empty'],
    [['--json', '--markdown'], 'cannot be used with'],
    [['--fail-on', 'anything'], 'mismatch, critical, gate or undetermined=N%'],
  ])('and options that do not fit are a usage error: %j', async (args, message) => {
    const { code, stdout, stderr } = await report(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    await expect(stat(join(cwd, 'a'))).rejects.toThrow('ENOENT');
  });
});

describe('--fail-on', () => {
  it.each([
    ['mismatch', 3, 'failed on mismatch: orders: 87 of 3,391 answers differ\n'],
    ['critical', 3, 'failed on critical: orders: 3 answers\n'],
    ['undetermined=0.1%', 4, 'failed on undetermined: orders: 40 of 18,607 comparisons (0.21 %, accepted 0.10 %)\n'],
    ['undetermined=5%', 0, ''],
  ])('%s ends with %d and says why, after the report', async (what, exit, why) => {
    const { code, stdout, stderr } = await report('--fail-on', what);
    expect({ code, stderr }).toEqual({ code: exit, stderr: why });
    expect(stdout).toContain('What blocks most');
  });

  it('gate ends with the graver of the gates, and the files are written all the same', async () => {
    const { code, stderr } = await report('--fail-on', 'gate', '--junit', 'report.xml');
    expect(code).toBe(3);
    expect(stderr).toContain('failed on gate: orders: FAIL');
    expect(stderr).toContain('failed on gate: catalogue: INCONCLUSIVE');
    expect(await written('report.xml')).toContain('<testsuites');
    expect((await report('catalogue', '--fail-on', 'gate')).code).toBe(4);
  });

  it('is explained by the help, with examples', async () => {
    const { stdout } = await run(['report', '--help']);
    expect(stdout).toContain('$ fig report --junit report.xml --fail-on critical,gate');
    expect(stdout).toMatch(/3 +--fail-on: something is proven wrong/);
  });
});
