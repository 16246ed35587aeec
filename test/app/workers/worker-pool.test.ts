import { expect, test } from 'vitest';
import { startProxyWorkers } from '../../../src/app/workers/worker-pool.ts';
import { defaultLimits } from '../../../src/config/limits.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { startUpstream } from '../../proxy/support/harness.ts';
import { until } from '../../support/until.ts';

test('a worker that dies before the others have begun to serve is replaced', async () => {
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  const killed: unknown[] = [];
  const log = {
    ...silentLog,
    debug: ({ worker }: Readonly<Record<string, unknown>>, message: string): void => {
      if (message !== 'a worker serves' || killed.length > 0) return;
      killed.push(worker);
      process.kill(Number(worker), 'SIGKILL');
    },
  };
  const job = {
    kind: 'observe',
    legacy: upstream.url.href,
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    legacyTls: undefined,
    limits: defaultLimits,
    drainDelayMs: 0,
    stopGraceMs: 100,
  } as const;
  const side = await startProxyWorkers(job, 3, log);
  try {
    expect(killed).toHaveLength(1);
    await until('all of them serve', () => side.readiness().workers?.serving === 3);
    expect(await (await fetch(side.url)).text()).toBe('legacy');
  } finally {
    await side.stop();
  }
});
