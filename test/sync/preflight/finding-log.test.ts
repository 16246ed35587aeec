import { expect, it } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import type { Finding } from '../../../src/sync/postgres/preflight/finding.ts';
import { FindingLog } from '../../../src/sync/postgres/preflight/finding-log.ts';

function finding(severity: Finding['severity'], subject: string): Finding {
  return { id: 'replica-identity-full', severity, subject, problem: 'is costly', remedy: 'mend it' };
}

it('each warning is logged once, however often capture begins again; the rest is not its business', () => {
  const told: unknown[] = [];
  const log = new FindingLog({ ...silentLog, warn: (_fields: unknown, message: unknown) => told.push(message) });
  for (let session = 0; session < 3; session += 1) {
    log.tell([finding('warning', 'a'), finding('info', 'b'), finding('error', 'c'), finding('warning', 'd')]);
  }
  expect(told).toEqual(['preflight: a: is costly', 'preflight: d: is costly']);
});
