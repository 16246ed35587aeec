import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Client } from 'pg';
import type { CaptureStatus } from '../../src/app/following/capture-status.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('fixtures/versions.config.ts', import.meta.url));

async function inLegacy(counters: CountersUnderFig, statement: string): Promise<void> {
  const client = new Client({ connectionString: counters.databases.legacy.url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function untilRefused(fig: FigProcess): Promise<void> {
  await until('capture is refused', async () => {
    const { capture } = (await fig.status()) as { capture: CaptureStatus | undefined };
    return capture?.error?.includes('has no replica identity');
  });
}

test('a migration that was never set up ends with what preflight found', { timeout: 120_000 }, async () => {
  await using counters = await CountersUnderFig.create(5);
  await inLegacy(counters, 'ALTER TABLE counters DROP CONSTRAINT counters_pkey');
  await using fig = counters.runFig(1, counters.folder, { FIG_VERSIONS: '1' }, config);
  expect(await fig.ended()).not.toBe(0);
  await until('it says why', () => fig.output.includes('FIG_PREFLIGHT_REFUSED'));
  expect(fig.output).toContain('has no replica identity');
});

test(
  'a fig that serves goes on serving while preflight refuses, also one that is started then, and takes up what is mended',
  { timeout: 240_000 },
  async () => {
    await using counters = await CountersUnderFig.create(5);
    const first = await counters.startFig(1, { FIG_VERSIONS: '1' }, config);
    await counters.stepTo(first, 'live');
    await first.stop();

    await inLegacy(counters, 'ALTER TABLE counters DROP CONSTRAINT counters_pkey');
    await using fig = await counters.startFig(1, { FIG_VERSIONS: '1+2' }, config);
    await untilRefused(fig);
    expect(await counters.ask('GET', 1, 'nobody')).toMatchObject({ status: 200, from: 'legacy' });
    expect(fig.output).toContain('FIG_PREFLIGHT_REFUSED');
    await inLegacy(counters, 'ALTER TABLE counters ADD PRIMARY KEY (id)');
    await until('the candidate serves', async () => (await counters.ask('GET', 1, 'nobody')).from === 'v1', 60_000);

    // Refused again in the middle of its life.
    await inLegacy(counters, 'ALTER TABLE counters DROP CONSTRAINT counters_pkey');
    await untilRefused(fig);
    expect(await counters.ask('GET', 1, 'nobody')).toMatchObject({ status: 200, from: 'legacy' });
  },
);
