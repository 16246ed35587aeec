import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import { FigError } from '../../src/kernel/fig-error.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl, sampleFeature, sampleReconciliation } from '../support/sample-control.ts';
import { until } from '../support/until.ts';
import { run } from './run-cli.ts';

const control = sampleControl();
const { reconciling } = control;
let server: AdminServer;
let admin: string[];

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
  admin = ['--admin', server.url];
});
afterAll(() => server.stop());
beforeEach(() => {
  control.reconciling = reconciling;
});

describe('fig reconcile', () => {
  it('shows progress on stderr and the result on stdout, and exits with 3 when rows differ', async () => {
    const { code, stdout, stderr } = await run(['reconcile', 'orders', ...admin]);
    expect(code).toBe(3);
    expect(stdout).toContain('orders  different: 1 of 20,184 rows differ (1 of public.orders) (12.5 s)');
    expect(stdout).toMatch(/public\.orders +20,184 +0 +0 +1 +0 +0/);
    expect(stdout).toContain('public.orders 4711: different');
    expect(stdout).toContain('--repair puts right');
    expect(stderr).toMatch(/compare public\.orders…\n(.*\n)*compare public\.orders: done, 20,184 rows/);
  });

  it.each([
    ['clean', 0],
    ['repaired', 0],
    ['different', 3],
    ['undetermined', 4],
  ] as const)('a comparison that ends %s exits with %i', async (state, exitCode) => {
    control.reconciling = async () => ({ ...sampleReconciliation(), state });
    expect((await run(['reconcile', 'orders', ...admin])).code).toBe(exitCode);
  });

  it('hands on what to repair and which source, and prints what the API says with --json', async () => {
    const asked: unknown[] = [];
    control.reconciling = async (feature, request) => {
      asked.push({ feature, ...request });
      return sampleReconciliation();
    };
    const { stdout } = await run(['reconcile', 'orders', '--repair', '--source', 'items', '--json', ...admin]);
    expect(asked).toEqual([{ feature: 'orders', repair: true, source: 'items' }]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(sampleReconciliation())));
  });

  it('tells an error that comes before the first progress, and one that comes after it', async () => {
    const unknown = await run(['reconcile', 'nope', ...admin]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('FIG_UNKNOWN_FEATURE');
    control.reconciling = async (_feature, _request, { onProgress }) => {
      onProgress({ part: 'public.orders', done: 1, total: 2 });
      throw new FigError('FIG_RECONCILE_FAILED', 'the comparison was abandoned before its end');
    };
    const failed = await run(['reconcile', 'orders', ...admin]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('FIG_RECONCILE_FAILED');
    expect(failed.stderr).toContain('abandoned before its end');
  });

  it('ends the comparison when the caller goes away', async () => {
    let signal: AbortSignal | undefined;
    control.reconciling = (_feature, _request, tools) => {
      ({ signal } = tools);
      tools.onProgress({ part: 'public.orders', done: 1, total: 2 });
      return new Promise((_resolve, reject) => {
        tools.signal.addEventListener('abort', () => reject(new FigError('FIG_RECONCILE_FAILED', 'abandoned')));
      });
    };
    const caller = new AbortController();
    const answer = await fetch(`${server.url}/features/orders/reconcile`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-fig-admin': '1' },
      body: '{"repair":false}',
      signal: caller.signal,
    });
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    caller.abort();
    await until('the comparison is ended', () => signal?.aborted);
  });
});

it('fig status shows the last comparison in one line', async () => {
  const reconciliation = {
    state: 'repaired',
    finishedAt: new Date(Date.now() - 180_000).toISOString(),
    summary: '1 of 20,184 rows differed and were repaired (1 of public.orders)',
  } as const;
  const feature = sampleFeature();
  control.current = {
    ...control.current,
    features: [{ ...feature, readModel: { ...feature.readModel!, reconciliation } }],
  };
  const { stdout } = await run(['status', ...admin]);
  expect(stdout).toContain(
    'orders: compared with legacy 3 min ago: 1 of 20,184 rows differed and were repaired (1 of public.orders)',
  );
});
