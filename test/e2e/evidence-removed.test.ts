import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { openStore } from '../../src/store/control-store.ts';
import { startUpstream } from '../proxy/support/harness.ts';
import { FigProcess } from '../support/fig-process.ts';
import { createStoreDatabase, createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/personal.config.ts', import.meta.url));

test('a fig that starts removes evidence of an earlier config that is old, and says so', async () => {
  await using legacyDatabase = await createTestDatabase();
  await using storeDatabase = await createStoreDatabase();
  await using legacy = await startUpstream((_, res) => res.end());
  const folder = await mkdtemp(join(tmpdir(), 'fig-removed-'));
  const store = openStore(storeDatabase.url, { applicationName: 'fig test' });
  try {
    const scope = { feature: 'service', step: 'shadow', route: 'GET /plain/*' };
    await store('fig.evidence_scope').insert([
      { ...scope, fingerprint: 'old', last_seen: new Date('2020-01-01') },
      { ...scope, fingerprint: 'recent', last_seen: new Date() },
    ]);
    await using fig = FigProcess.start(folder, config, await freePortNear(0), {
      LEGACY_URL: legacy.url.href,
      CANDIDATE_URL: legacy.url.href,
      LEGACY_DATABASE_URL: legacyDatabase.url,
      FIG_DATABASE_URL: storeDatabase.url,
    });
    await fig.ready();
    await until('it says so', () => fig.output.includes('old evidence was removed'));
    expect(await store('fig.evidence_scope').pluck('fingerprint')).toEqual(['recent']);
  } finally {
    await store.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
