import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import { runFig, type FigProcess } from '../support/fig-process.ts';
import { startReplicatedPostgres } from '../support/physical-replica.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('fixtures/shared.config.ts', import.meta.url));
const counters = 60;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(kind: string, env: NodeJS.ProcessEnv = {}, workers = 1, legacyDatabase?: string) {
  const app = await CountersUnderFig.create(counters, legacyDatabase);
  closers.push(() => app[Symbol.asyncDispose]());
  const fig = await app.startFig(workers, { KIND: kind, ...env }, config);
  closers.push(() => fig[Symbol.asyncDispose]());
  return { app, fig };
}

const feature = async (fig: FigProcess) => (await fig.status()).features[0]!;

/** Promotes by the gate alone, with as much traffic as it wants to see. */
async function promoteToLive(app: CountersUnderFig, fig: FigProcess): Promise<void> {
  await until('the read model is ready', async () => (await feature(fig)).readModel?.state === 'ready');
  const client = await fig.client();
  let n = 0;
  while ((await feature(fig)).phase !== 'live') {
    const before = (await feature(fig)).reads;
    await until(
      `reads move on from ${before}`,
      async () => {
        for (let i = 0; i < 60; i += 1) await app.ask('GET', 1 + (n++ % counters), `visitor ${n}`);
        const { gate } = await feature(fig);
        // Out of legacy every feature may go.
        if (before !== 'legacy' && gate.result !== 'PASS') throw new Error(gate.reason);
        const moved = (await client.promote('counters', { who: 'the test', why: '' })).value;
        if (moved.moved) return true;
        throw new Error(moved.reason);
      },
      60_000,
    );
  }
}

/** Writes and reads until the candidate answers; no read of the writer, whoever answers, may be older than the write. */
async function countUp(app: CountersUnderFig, writes: number): Promise<Set<string | null>> {
  const reasons = new Set<string | null>();
  for (let n = 0; n < writes; n += 1) {
    const id = 1 + (n % counters);
    const user = `writer ${n % 5}`;
    const written = await app.ask('POST', id, user);
    await until('the candidate answers', async () => {
      const read = await app.ask('GET', id, user);
      expect(read.value).toBe(written.value);
      reasons.add(read.reason);
      return read.from === 'candidate';
    });
  }
  return reasons;
}

test.each([1, 2])(
  'a shared read model goes from legacy to live with %i workers; own writes are read there at once',
  async (workers) => {
    const { app, fig } = await start('shared', {}, workers);
    expect(await feature(fig)).toMatchObject({ phase: 'legacy', readModel: { name: 'counter_value', state: 'ready' } });
    if (workers === 1) await promoteToLive(app, fig);
    else await app.stepTo(fig, 'live');
    await app.untilServedByCandidate(workers);
    // The primary is never behind, so nothing is ever waited for.
    expect([...(await countUp(app, 100))]).not.toContain('fence-timeout');
    expect((await feature(fig)).comparisons.mismatch).toBe(0);
    expect(await fig.stop()).toBe(0);
  },
  180_000,
);

test('on a replica whose replay is paused a visitor who wrote is answered by legacy, and others by the replica', async () => {
  const servers = await startReplicatedPostgres();
  closers.push(() => servers[Symbol.asyncDispose]());
  const { app, fig } = await start('replica', { REPLICA_URL: servers.replicaUrl }, 1, servers.primaryUrl);
  await promoteToLive(app, fig);
  await app.untilServedByCandidate(1);
  await countUp(app, 60);

  const earlier = await app.ask('POST', 7, 'patient');
  await until('the replica has everything so far', async () => {
    const read = await app.ask('GET', 7, 'patient');
    return read.from === 'candidate' && read.value === earlier.value;
  });

  await servers.pauseReplay();
  const written = await app.ask('POST', 7, 'patient');
  await until('the position of the write is known and waited for', async () => {
    const read = await app.ask('GET', 7, 'patient');
    expect(read).toMatchObject({ from: 'legacy', value: written.value });
    return read.reason === 'fence-timeout';
  });
  expect(await app.ask('GET', 7, 'somebody else')).toMatchObject({ from: 'candidate', value: written.value! - 1 });
  await servers.resumeReplay();
  await until('the replica serves the writer again', async () => {
    const read = await app.ask('GET', 7, 'patient');
    expect(read.value).toBe(written.value);
    return read.from === 'candidate';
  });
  expect(await fig.stop()).toBe(0);
}, 180_000);

test('a batch read model goes from legacy to live; who wrote is answered by legacy until a load has their write', async () => {
  const { app, fig } = await start('batch');
  await promoteToLive(app, fig);
  await until('the rows hold everything from before', async () => (await app.ask('GET', 1, 'a')).from === 'candidate');
  const written = await app.ask('POST', 3, 'writer');
  await until('a load has the write', async () => {
    const read = await app.ask('GET', 3, 'writer');
    expect(read.value).toBe(written.value);
    return read.from === 'candidate';
  });
  const { readModel } = await feature(fig);
  expect(readModel).toMatchObject({ state: 'ready', rows: counters, batch: { failures: 0 } });
  const { stdout } = await runFig(fig.cwd, ['status']);
  expect(stdout).toMatch(/counter_value v1, \d+ s old/);
  expect(await fig.stop()).toBe(0);
}, 180_000);

test.each(['shared', 'batch'])(
  'beside a captured read model, a %s one goes live by its gate, although nothing compares it with legacy as a whole',
  async (kind) => {
    const { app, fig } = await start(kind, { WITH_CAPTURED: '1' });
    await promoteToLive(app, fig);
    await until('the captured one was compared', async () => {
      const { features } = await fig.status();
      expect(features[0]?.readModel?.reconciliation).toBeUndefined();
      return features[1]?.readModel?.reconciliation?.state === 'clean';
    });
    const refused = await runFig(fig.cwd, ['reconcile', 'counters']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('FIG_RECONCILE_REFUSED');
    const preflight = await runFig(fig.cwd, ['preflight', config, '--json'], {
      KIND: kind,
      WITH_CAPTURED: '1',
      FIG_PORT: String(app.port),
      FIG_ADMIN_PORT: '0',
      LEGACY_URL: app.legacy.url.origin,
      LEGACY_DATABASE_URL: app.databases.legacy.url,
    });
    expect(preflight.stderr).toBe('');
    expect(JSON.parse(preflight.stdout)).toMatchObject({ tables: ['public.counters'] });
    expect(await fig.stop()).toBe(0);
  },
  180_000,
);

test('a feature that goes live is served from rows of after that, although the next load is an hour away', async () => {
  const { app, fig } = await start('batch', { EVERY: '1h' }, 2);
  await app.stepTo(fig, 'live');
  await app.untilServedByCandidate(2);
  const written = await app.ask('POST', 3, 'writer');
  for (let n = 0; n < 8; n += 1) {
    expect(await app.ask('GET', 3, 'writer')).toMatchObject({ from: 'legacy', value: written.value });
  }
  expect((await app.ask('GET', 3, 'somebody else')).from).toBe('candidate');
  expect(await fig.stop()).toBe(0);
}, 120_000);

test('rows that are old are differences that the report shows, and the verdict says that it waited for time only', async () => {
  const { app, fig } = await start('batch', { EVERY: '1h' });
  await app.stepTo(fig, 'shadow');
  await app.ask('POST', 5, 'writer');
  await until('the difference is counted', async () => {
    await app.ask('GET', 5, 'reader');
    return (await feature(fig)).comparisons.mismatch > 0;
  });
  const reasons = await app.verdictReasons();
  expect(reasons).toContainEqual({ verdict: 'mismatch', reason: 'settled' });
  expect(await fig.stop()).toBe(0);
}, 120_000);
