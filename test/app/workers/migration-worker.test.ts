import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { fixedDigest } from '../../../src/app/starting/live-config.ts';
import { settingsOf } from '../../../src/app/serving/migration-proxy.ts';
import { FenceHub } from '../../../src/app/workers/fence-hub.ts';
import { MigrationWorker } from '../../../src/app/workers/migration-worker.ts';
import type { FromProxyWorker } from '../../../src/app/workers/protocol.ts';
import { machineNow } from '../../../src/kernel/machine-time.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { startUpstream } from '../../proxy/support/harness.ts';

test('limits that change while a worker is about to listen are those it serves by', async () => {
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  const folder = await mkdtemp(join(tmpdir(), 'fig-worker-'));
  const configFile = join(folder, 'fig.config.js');
  await writeFile(configFile, `export default ${JSON.stringify({ legacy: { url: upstream.url.origin } })}`);
  const config = await loadConfig(configFile);
  const settings = settingsOf(config);
  const changed = { ...settings, limits: { ...settings.limits, headerLines: 1 } };

  const hear: { message: (message: FromProxyWorker) => void } = { message: () => undefined };
  const joining = new Promise<void>((resolve) => {
    hear.message = ({ type }) => type === 'join' && resolve();
  });
  const worker = new MigrationWorker(
    {
      kind: 'migrate',
      configFile,
      digest: fixedDigest(config),
      host: '127.0.0.1',
      port: 0,
      storeUrl: '',
      maxPerSecond: 1,
      workers: 1,
      fenceSecret: new Uint8Array(32),
      isWarm: false,
      ...settings,
    },
    (message) => hear.message(message),
    silentLog,
  );
  const hub = new FenceHub({
    send: (_, message) => worker.hear({ type: 'fellow', message }),
    now: machineNow,
  });
  try {
    const url = worker.start();
    await joining;
    hub.join(1);
    // By now it has taken its settings, and the port is not open: that takes a turn of the event loop.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    worker.hear({ type: 'reconfigure', settings: changed });
    const answer = await fetch(await url);
    expect(answer.status).toBe(431);
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true });
  }
});
