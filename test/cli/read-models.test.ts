import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { paletteFor } from '../../src/cli/palette.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl, sampleFeature, sampleStatus } from '../support/sample-control.ts';
import { sampleVersions, servingVersion, waitingVersion } from '../support/sample-versions.ts';
import { run, type Ran } from './run-cli.ts';

const control = sampleControl();
let versions = sampleVersions();
let server: AdminServer;

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
});
afterAll(() => server.stop());
beforeEach(() => {
  control.versions = versions = sampleVersions();
});

const fig = (...args: string[]): Promise<Ran> => run(['read-models', ...args, '--admin', server.url]);

it('lists which version serves, where each stands, and what keeps one from serving', async () => {
  const { code, stdout, stderr } = await fig('list');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/orders +order_summary v1 +serves +ready +0\/4A1C2F8 +40 ms +0/);
  expect(stdout).toMatch(/orders +order_summary v2 +waits +ready +0\/4A1C2F8 +40 ms +3/);
  expect(stdout).toMatch(/orders +order_summary v7 +not declared +ready +- /);
  expect(stdout).toContain('orders@2: 4 of 354 answers differ');
  expect(JSON.parse((await fig('list', '--json')).stdout).readModels).toHaveLength(3);
});

it('swaps, refuses with the exit code of the gate, and forces only with a reason', async () => {
  const refused = await fig('swap', 'orders');
  expect(refused.code).toBe(3);
  expect(refused.stdout).toMatch(/refused +orders stays in order_summary v1, gate FAIL: 4 of 354 answers differ/);
  expect((await fig('swap', 'orders', '--force')).code).toBe(2);
  const forced = await fig('swap', 'orders', '--force', '--why', 'checked by hand');
  expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining('order_summary v1 -> order_summary v2') });
  expect(versions.orders.at(-1)).toEqual({ feature: 'orders', who: 'ada', why: 'checked by hand', force: true });
});

it('leads back, and says who wanted it', async () => {
  expect((await fig('back', 'orders', '--why', 'a drill')).stdout).toContain(
    'order_summary v2 -> order_summary v1. a drill',
  );
  expect(versions.orders).toEqual([{ feature: 'orders', who: 'ada', why: 'a drill' }]);
});

it('drops a version that is named, and no other', async () => {
  expect((await fig('drop', 'orders@7')).stdout).toBe('order_summary v7 is dropped\n');
  expect(await fig('drop', 'orders@1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('FIG_VERSION_IN_USE'),
  });
  for (const text of ['orders', 'orders@', 'orders@x', '@1']) expect((await fig('drop', text)).code).toBe(2);
});

it('the status shows both versions where there are two', () => {
  const feature = sampleFeature({ versions: [servingVersion, waitingVersion] });
  const text = renderStatus({ ...sampleStatus(), features: [feature] }, paletteFor({ write: () => undefined }, {}));
  expect(text).toMatch(/orders@1 +serves, 0\/4A1C2F8, 40 ms behind/);
  expect(text).toMatch(/orders@2 +waits, 0\/4A1C2F8, 40 ms behind, 3 dead letters: 4 of 354 answers differ/);
});
