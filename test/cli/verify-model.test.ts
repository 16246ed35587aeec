import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl } from '../support/sample-control.ts';
import { sampleVerification } from '../support/sample-verification.ts';
import { run, type Ran } from './run-cli.ts';

const control = sampleControl();
let server: AdminServer;

beforeAll(async () => {
  server = await startAdminServer({ control, port: 0, log: silentLog });
});
afterAll(() => server.stop());

const verify = (...args: string[]): Promise<Ran> => run(['verify-model', ...args, '--admin', server.url]);

it('ends with 0 when all is as stored, and takes a thousand keys unless told', async () => {
  control.verification = sampleVerification;
  const clean = await verify('orders');
  expect(clean).toMatchObject({ code: 0, stderr: '' });
  expect(clean.stdout).toBe('order_summary at 0/4A1C2F8: 1,000 keys built anew, all as stored\n');
  const json = await verify('orders', '--sample', '20', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ feature: 'orders', checked: 20, differences: [] });
});

it('ends with 1 when there are differences, and names columns and the changes that marked nothing', async () => {
  control.verification = {
    ...sampleVerification,
    parked: 2,
    differences: [
      {
        key: '2',
        kind: 'different',
        columns: ['customer'],
        causes: [
          { source: 'customers', sourceKey: ['3'], isNamedNow: false },
          { source: 'items', sourceKey: ['2', '1'], isNamedNow: true },
        ],
      },
      { key: '3', kind: 'missing', columns: [], causes: [] },
      { key: '\u001B[31m', kind: 'extra', columns: [] },
    ],
    failed: [{ key: '9', code: '22P02', message: 'invalid input syntax' }],
  };
  const { code, stdout } = await verify('orders');
  expect(code).toBe(1);
  expect(stdout.trimEnd().split('\n')).toEqual([
    'order_summary at 0/4A1C2F8: 1,000 keys built anew (2 parked keys left out), 3 differ, 1 cannot be built',
    '  key 2 differs in customer',
    '    customers 3 was written after the key was built: dirty does not name the key for it',
    '    items 2, 1 was written after the key was built: dirty names the key for it now, but did not for an earlier state',
    '  key 3 is not stored',
    '    no row that is there now explains it: one that was deleted, or that was of this key before, may',
    '  key \\x1b[31m is stored, but nothing is built for it',
    '  key 9 cannot be built: 22P02 invalid input syntax',
  ]);
});

it('refuses a sample that is none, and a feature that is not there', async () => {
  expect((await verify('orders', '--sample', '0')).code).toBe(2);
  expect((await verify('nope')).stderr).toContain('FIG_UNKNOWN_FEATURE');
});
