import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl, sampleStatus } from '../support/sample-control.ts';
import { run, type Ran } from './run-cli.ts';

const control = sampleControl();
let server: AdminServer;
const writer = {
  feature: 'orders',
  route: 'GET /api/orders/:id',
  tables: ['public.view_log', 'public.\u001B[31m'],
  since: '2026-01-01T00:00:00.000Z',
};

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
});
afterAll(() => server.stop());
beforeEach(() => {
  control.quarantined = [writer];
  control.lifted.length = 0;
});

const fig = (...args: string[]): Promise<Ran> => run([...args, '--admin', server.url]);

it('lists routes with the tables that they write to, and lets no byte of a name steer the terminal', async () => {
  const { code, stdout } = await fig('quarantine', 'list');
  expect(code).toBe(0);
  expect(stdout).toMatch(/orders +GET \/api\/orders\/:id +public\.view_log, public\.\\x1b\[31m +2026-01-01/);
  expect(JSON.parse((await fig('quarantine', 'list', '--json')).stdout)).toEqual({ routes: [writer] });
  control.quarantined = [];
  expect((await fig('quarantine', 'list')).stdout).toBe('no route is in quarantine\n');
});

it('lifts one, with the reason and who wants it', async () => {
  const { code, stdout } = await fig('quarantine', 'lift', 'GET /api/orders/:id', '--why', 'only statistics');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'GET /api/orders/:id is compared again\n' });
  expect(control.lifted).toMatchObject([
    { feature: 'orders', route: 'GET /api/orders/:id', why: 'only statistics', who: expect.stringMatching(/./) },
  ]);
});

it('refuses one that is not there, one without a reason, and one of two features', async () => {
  const unknown = await fig('quarantine', 'lift', 'GET /nowhere', '--why', 'x');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('FIG_NOT_QUARANTINED');
  expect((await fig('quarantine', 'lift', 'GET /api/orders/:id')).code).toBe(2);
  control.quarantined = [writer, { ...writer, feature: 'invoices' }];
  const two = await fig('quarantine', 'lift', 'GET /api/orders/:id', '--why', 'x');
  expect(two.code).toBe(2);
  expect(two.stderr).toContain('--feature');
  expect((await fig('quarantine', 'lift', 'GET /api/orders/:id', '--why', 'x', '--feature', 'invoices')).code).toBe(0);
  expect(control.lifted).toMatchObject([{ feature: 'invoices' }]);
});

it('is told by the status', async () => {
  const [orders, ...others] = sampleStatus().features;
  control.current = { ...sampleStatus(), features: [{ ...orders!, quarantined: [writer] }, ...others] };
  const { stdout } = await fig('status');
  expect(stdout).toContain(
    'orders: GET /api/orders/:id is not compared, it writes to public.view_log, public.\\x1b[31m',
  );
});
