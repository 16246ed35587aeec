import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { startAdminServer } from '../../../src/admin/admin-server.ts';
import { runControl } from '../../../src/app/roles/run-control.ts';
import { runUp } from '../../../src/app/run-up.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { createStoreDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const dayMs = 86_400_000;

test.each([
  ['fig up', runUp],
  ['fig control', runControl],
])('%s, which decides, warns of rules that expire, and keeps evidence within its bounds', async (_name, run) => {
  const folder = await mkdtemp(join(tmpdir(), 'fig-deciding-'));
  await using database = await createStoreDatabase();
  const store = openStore(database.url, { applicationName: 'fig test' });
  try {
    const expires = new Date(Date.now() + 5 * dayMs).toISOString().slice(0, 10);
    const config = {
      name: 'deciding',
      listen: { port: 0 },
      admin: { port: 0 },
      legacy: { url: 'http://127.0.0.1:1' },
      store: database.url,
      features: [
        {
          name: 'orders',
          routes: ['GET /orders/:id'],
          candidate: 'http://127.0.0.1:1',
          compare: { ignore: [{ path: '$.etag', because: 'it is random', expires }] },
        },
      ],
    };
    const configFile = join(folder, 'fig.config.js');
    await writeFile(configFile, `export default ${JSON.stringify(config)}`);
    const warnings: object[] = [];
    const fig = await run({
      configFile,
      folder,
      version: '0',
      onProgress: () => undefined,
      log: { ...silentLog, warn: (fields) => void warnings.push(fields) },
      signal: new AbortController().signal,
      startAdmin: (control, port) => startAdminServer({ control, port, log: silentLog }),
    });
    try {
      await until('the rule is warned of', () => warnings.some((fields) => 'expires' in fields));
      await until('retention is told', async () =>
        /^fig_evidence_retention_timestamp_seconds [1-9]/m.test(await fig.control.metrics()),
      );
    } finally {
      await fig.stop();
    }
  } finally {
    await store.destroy();
    await rm(folder, { recursive: true, force: true });
  }
});
