import { describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { describeReads, type RoutingSnapshot } from '../../src/kernel/phase.ts';
import type { Service } from '../../src/kernel/service.ts';
import { createPhaseStore } from '../../src/store/phase-store.ts';
import { startPhaseWatch, type PhaseWatchOptions } from '../../src/store/phase-notifications.ts';
import { createPhaseTestStore, type PhaseTestStore } from './phase-test-store.ts';

/** So long that only a notice can be what woke the watch. */
const never = 3_600_000;
const soon = { timeout: 20_000, interval: 20 };

interface Watcher extends AsyncDisposable {
  readonly heard: RoutingSnapshot[];
  latest(): string | undefined;
}

function watch(storeUrl: string, options: Partial<PhaseWatchOptions> = {}): Watcher {
  const heard: RoutingSnapshot[] = [];
  const service: Service = startPhaseWatch({
    storeUrl,
    log: silentLog,
    onSnapshot: (snapshot) => heard.push(snapshot),
    ...options,
  });
  const latest = (): string | undefined => {
    const routing = heard.at(-1)?.features.get('orders');
    return routing && describeReads(routing.reads);
  };
  return { heard, latest, [Symbol.asyncDispose]: () => service.stop() };
}

async function moveTo(store: PhaseTestStore, phase: 'shadow' | 'legacy'): Promise<void> {
  const phases = createPhaseStore(store.knex);
  const { revision } = await phases.ensureFeature('orders');
  const to = { phase, percent: 0 };
  const moved = await phases.move({
    feature: 'orders',
    expectedRevision: revision,
    to,
    action: 'force',
    who: 'test',
    why: 'to see it heard',
  });
  expect(moved).not.toBe('conflict');
}

async function terminateWatches(store: PhaseTestStore): Promise<number> {
  const { rows } = await store.knex.raw<{ rows: unknown[] }>(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'fig phase watch'`,
  );
  return rows.length;
}

describe('a watch of the phases', () => {
  it('delivers the phases at once, also when there are none', async () => {
    await using store = await createPhaseTestStore();
    await using watcher = watch(store.url, { pollMs: never });
    await vi.waitFor(() => expect(watcher.heard).toEqual([{ revision: 0, features: new Map() }]), soon);
  });

  it('hears of a move by notice, as does every other watch', async () => {
    await using store = await createPhaseTestStore();
    await using first = watch(store.url, { pollMs: never });
    await using second = watch(store.url, { pollMs: never });
    await vi.waitFor(() => expect([first.heard.length, second.heard.length]).toEqual([1, 1]), soon);
    await moveTo(store, 'shadow');
    await vi.waitFor(() => expect([first.latest(), second.latest()]).toEqual(['shadow', 'shadow']), soon);
  });

  it('finds a move of which no notice came, by looking', async () => {
    await using store = await createPhaseTestStore();
    await using watcher = watch(store.url, { pollMs: 20 });
    await vi.waitFor(() => expect(watcher.heard).toHaveLength(1), soon);
    await store.knex.raw(
      `INSERT INTO fig.feature_phase (feature, phase, percent, revision) VALUES ('orders', 'live', 100, 1)`,
    );
    await store.knex.raw('UPDATE fig.phase_revision SET revision = 1');
    await vi.waitFor(() => expect(watcher.latest()).toBe('live'), soon);
    expect(watcher.heard.map(({ revision }) => revision)).toEqual([0, 1]);
  });

  it('keeps what it knows when its connection is cut, and hears of the next move', async () => {
    await using store = await createPhaseTestStore();
    await moveTo(store, 'shadow');
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
    await using watcher = watch(store.url, { pollMs: never, log });
    await vi.waitFor(() => expect(watcher.latest()).toBe('shadow'), soon);
    expect(await terminateWatches(store)).toBe(1);
    await vi.waitFor(() => expect(warnings).toHaveLength(1), soon);
    expect(watcher.latest()).toBe('shadow');
    await moveTo(store, 'legacy');
    await vi.waitFor(() => expect(watcher.latest()).toBe('legacy'), soon);
    // The reconnect found nothing new to tell, or found the move itself; it never told the same twice.
    const revisions = watcher.heard.map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('goes on trying while there is no store, and can be stopped meanwhile', async () => {
    const tries: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => void tries.push(fields) };
    const watcher = watch('postgres://127.0.0.1:1/nothing', { log });
    await vi.waitFor(() => expect(tries.length).toBeGreaterThan(1), soon);
    await watcher[Symbol.asyncDispose]();
    expect(watcher.heard).toEqual([]);
  });

  it('tells a listener again that threw, and leaves no connection behind when it stops', async () => {
    await using store = await createPhaseTestStore();
    const told: number[] = [];
    const onSnapshot = ({ revision }: RoutingSnapshot): void => {
      told.push(revision);
      if (told.length === 1) throw new Error('not ready to listen');
    };
    const watcher = watch(store.url, { onSnapshot, pollMs: never });
    await vi.waitFor(() => expect(told).toEqual([0, 0]), soon);
    await watcher[Symbol.asyncDispose]();
    await vi.waitFor(async () => expect(await terminateWatches(store)).toBe(0), soon);
  });
});
