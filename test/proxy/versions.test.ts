import { expect, test } from 'vitest';
import type { Candidate } from '../../src/kernel/candidate.ts';
import type { RoutingSnapshot } from '../../src/kernel/phase.ts';
import { until } from '../support/until.ts';
import { startTestProxy, startUpstream, type TestProxy } from './support/harness.ts';
import { World, ask, entered, shop } from './support/own-writes-world.ts';
import { ScriptedApplied } from './support/scripted-positions.ts';

/** A feature in live with two versions of its read model, each of which stands where the test says. */
class TwoVersions extends World {
  readonly versions = new Map([
    [1, new ScriptedApplied(100n)],
    [2, new ScriptedApplied(100n)],
  ]);
  /** Ends the answers that are held. */
  readonly holds: (() => void)[] = [];
  isHolding = false;
  /** The version whose answers fail. */
  failing: number | undefined;

  constructor() {
    super('live');
    this.serve(1);
  }

  serve(version: number): void {
    const { feature, reads } = this.routing.features.get('orders')!;
    const revision = this.routing.revision + 1;
    this.routing = { revision, features: new Map([[feature, { feature, reads, version }]]) } satisfies RoutingSnapshot;
  }

  override options(more: Parameters<World['options']>[0] = {}): ReturnType<World['options']> {
    const candidateOf = (version: number | undefined): Candidate => ({
      ask: async (question) => {
        if (this.isHolding) await new Promise<void>((resolve) => this.holds.push(resolve));
        if (version === this.failing) return { ok: false, failure: 'failed', reason: 'down', tookMs: 1 };
        const body = Buffer.from(`v${version} for v${question.version}`);
        return { ok: true, answer: { status: 200, headers: [], body }, tookMs: 1 };
      },
    });
    return super.options({
      candidate: (_feature, version) => candidateOf(version),
      applied: (_feature, version) => this.versions.get(version ?? 0),
      ...more,
    });
  }
}

async function untilReason(proxy: TestProxy, wanted: string): Promise<void> {
  await until(`the proxy says ${wanted}`, async () => (await ask(proxy, 'GET', '/orders/1')).reason === wanted);
}

test('a request is answered as a whole by the version that served when it came', async () => {
  const world = new TwoVersions();
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  expect((await ask(proxy, 'GET', '/orders/1')).body).toBe('v1 for v1');
  world.isHolding = true;
  const early = ask(proxy, 'GET', '/orders/1');
  await until('the candidate is asked', () => world.holds.length === 1);
  world.isHolding = false;
  world.serve(2);
  await entered(proxy);
  expect((await ask(proxy, 'GET', '/orders/1', 'session=bob')).body).toBe('v2 for v2');
  world.holds[0]!();
  expect((await early).body).toBe('v1 for v1');
});

test('after a swap a read waits until the version that serves has what the source had then', async () => {
  const world = new TwoVersions();
  world.versions.get(2)!.reach(90n);
  world.source.position = 100n;
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  expect((await ask(proxy, 'GET', '/orders/1')).body).toBe('v1 for v1');
  world.serve(2);
  // The other version has shown what the new one does not have yet.
  await untilReason(proxy, 'fence-timeout');
  world.versions.get(2)!.reach(100n);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'v2 for v2', reason: 'live' });
});

test('a read of a visitor who has written is held to the position of the version that answers, not of the other', async () => {
  const world = new TwoVersions();
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  await ask(proxy, 'POST', '/orders');
  world.versions.get(1)!.reach(110n);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'v1 for v1' });
  world.serve(2);
  await entered(proxy);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-timeout' });
  world.versions.get(2)!.reach(110n);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'v2 for v2' });
});

test('a version that this proxy does not know leaves its reads to legacy', async () => {
  const world = new TwoVersions();
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  world.serve(3);
  await untilReason(proxy, 'read-model-not-ready');
});

test('the way back from a version that fails leads to one that serves at once', async () => {
  const world = new TwoVersions();
  world.serve(2);
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  world.failing = 2;
  await untilReason(proxy, 'breaker-open');
  world.serve(1);
  await entered(proxy);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'v1 for v1', reason: 'live' });
  expect(proxy.proxy.breakers()['orders']).toBe('closed');
});

test('what is parked is asked of the version that answers', async () => {
  const world = new TwoVersions();
  const asked: (number | undefined)[] = [];
  const isParked = ({ version }: { readonly version?: number | undefined }): boolean => {
    asked.push(version);
    return version === 2;
  };
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options({ isParked }));
  await entered(proxy);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ reason: 'live' });
  world.serve(2);
  await untilReason(proxy, 'parked-key');
  expect(asked).toContain(1);
});
