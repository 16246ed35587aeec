import { expect, test } from 'vitest';
import type { Candidate } from '../../src/kernel/candidate.ts';
import type { Position } from '../../src/kernel/position.ts';
import { rawClient, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';
import { World, ask, entered, shop } from './support/own-writes-world.ts';

test('a read after a write waits for the read model and then comes from it', async () => {
  const world = new World('live');
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options({ fenceBudgetMs: 20_000 }));
  await entered(proxy);
  expect((await ask(proxy, 'POST', '/orders')).body).toBe('legacy');
  const reading = ask(proxy, 'GET', '/orders/1');
  await until(() => world.applied.waits === 1);
  expect(world.source.nudges).toBe(1);
  // Another visitor wrote nothing and waits for nothing.
  expect(await ask(proxy, 'GET', '/orders/1', 'session=bob')).toMatchObject({ body: 'candidate', reason: 'live' });
  world.applied.reach(109n);
  expect(proxy.proxy.inFlight).toBe(1);
  world.applied.reach(110n);
  expect(await reading).toMatchObject({ body: 'candidate', reason: 'live' });
});

test('a read model that does not get there within the budget leaves the read to legacy', async () => {
  const world = new World('live');
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  await ask(proxy, 'POST', '/orders');
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-timeout' });
  expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'legacy', fallback: 'fence-timeout' });
});

test('a read model that cannot be trusted leaves the read to legacy', async () => {
  const world = new World('live');
  world.applied.reach(undefined);
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'read-model-not-ready' });
});

test('without a source nothing is served by a candidate', async () => {
  const world = new World('live');
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options({ source: undefined }));
  await ask(proxy, 'POST', '/orders');
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-unknown' });
});

test('while a write is on its way the visitor reads from legacy', async () => {
  const world = new World('live');
  let finish: (() => void) | undefined;
  await using upstream = await startUpstream((req, res) => {
    if (req.method !== 'POST') res.end('legacy');
    else finish = () => res.end('written');
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  const writing = ask(proxy, 'POST', '/orders');
  await until(() => finish !== undefined);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'write-in-flight' });
  expect(await ask(proxy, 'GET', '/orders/1', 'session=bob')).toMatchObject({ body: 'candidate' });
  finish?.();
  await writing;
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'candidate', reason: 'live' });
});

test('what legacy commits while it streams its answer is fenced as well', async () => {
  const world = new World('live');
  let finish: (() => void) | undefined;
  await using upstream = await startUpstream((req, res) => {
    if (req.method !== 'POST') {
      res.end('legacy');
      return;
    }
    res.write('accepted');
    finish = () => {
      world.source.position = 500n;
      res.end();
    };
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  const writing = ask(proxy, 'POST', '/orders');
  await until(() => finish !== undefined);
  finish?.();
  await writing;
  world.applied.reach(499n);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ reason: 'fence-timeout' });
  world.applied.reach(500n);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ reason: 'live' });
});

test('the fence travels in a signed cookie to every other proxy', async () => {
  const world = new World('live');
  await using upstream = await startUpstream(shop(world));
  await using first = await startTestProxy(upstream.url, world.options());
  await using second = await startTestProxy(upstream.url, world.options());
  await entered(first);
  await entered(second);
  const { setCookies } = await ask(first, 'POST', '/orders', 'session=ann; other=1');
  expect(setCookies).toHaveLength(1);
  expect(setCookies[0]).toMatch(/^fig_fence=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
  const cookie = setCookies[0]?.split(';')[0];
  const behind = await ask(second, 'GET', '/orders/1', `session=ann; ${cookie}`);
  expect(behind).toMatchObject({ body: 'legacy', reason: 'fence-timeout' });
  const forged = cookie?.replace('fig_fence=6e', 'fig_fence=ffffff');
  expect(forged).not.toBe(cookie);
  expect(await ask(second, 'GET', '/orders/1', `session=ann; ${forged}`)).toMatchObject({ body: 'candidate' });
  world.applied.reach(110n);
  expect(await ask(second, 'GET', '/orders/1', `session=ann; ${cookie}`)).toMatchObject({ body: 'candidate' });
});

test('a cookie is Secure where the proxy is told so', async () => {
  const world = new World('live');
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options({ secureCookies: true }));
  await entered(proxy);
  expect((await ask(proxy, 'POST', '/orders')).setCookies[0]).toMatch(/; Secure$/);
});

test.each(['hangs', 'refuses'] as const)('a source that %s when a write is answered pins the visitor', async (mood) => {
  const world = new World('live', 1_000_000n);
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await using other = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  await entered(other);
  world.source.mood = mood;
  const { body, setCookies } = await ask(proxy, 'POST', '/orders');
  expect(body).toBe('legacy');
  world.source.mood = 'answers';
  // The mark is taken away once the second reading, at the end of the answer, has given up too.
  await until(() => proxy.proxy.inFlight === 0);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-unknown' });
  const cookie = `session=ann; ${setCookies[0]?.split(';')[0]}`;
  expect(await ask(other, 'GET', '/orders/1')).toMatchObject({ body: 'candidate' });
  expect(await ask(other, 'GET', '/orders/1', cookie)).toMatchObject({ body: 'legacy', reason: 'fence-unknown' });
});

test('a write whose client left pins the visitor, because legacy may still commit it', async () => {
  const world = new World('live', 1_000_000n);
  let isAsked = false;
  await using upstream = await startUpstream((req, res) => {
    if (req.method === 'POST') isAsked = true;
    else res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  const client = await rawClient(
    proxy.port,
    'POST /orders HTTP/1.1\r\nHost: a\r\nCookie: session=ann\r\nContent-Length: 0\r\n\r\n',
  );
  await until(() => isAsked);
  client.socket.destroy();
  await until(() => proxy.proxy.inFlight === 0);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-unknown' });
});

test('a write that legacy broke off pins the visitor', async () => {
  const world = new World('live', 1_000_000n);
  await using upstream = await startUpstream((req, res) => {
    if (req.method === 'POST') req.socket.destroy();
    else res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  expect((await ask(proxy, 'POST', '/orders')).body).toContain('FIG_UPSTREAM_RESPONSE_HEADERS');
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-unknown' });
});

test('a login changes who the visitor is, and the fence goes with them', async () => {
  const world = new World('live');
  await using upstream = await startUpstream((req, res) => {
    if (req.method === 'POST') {
      world.source.position += 10n;
      res.setHeader('Set-Cookie', ['other=1', 'session=fresh; Path=/; HttpOnly']);
    }
    res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  const login = await ask(proxy, 'POST', '/login', 'session=ann');
  expect(login.setCookies.slice(0, 2)).toEqual(['other=1', 'session=fresh; Path=/; HttpOnly']);
  expect(login.setCookies).toHaveLength(3);
  expect(await ask(proxy, 'GET', '/orders/1', 'session=fresh')).toMatchObject({ reason: 'fence-timeout' });
  expect(await ask(proxy, 'GET', '/orders/1', 'session=ann')).toMatchObject({ reason: 'fence-timeout' });
});

test.each(['legacy', 'shadow'] as const)('in %s a write is passed on without a trace of us', async (phase) => {
  const world = new World(phase);
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  expect((await ask(proxy, 'POST', '/orders')).setCookies).toEqual([]);
  expect(world.source.reads).toBe(0);
});

test('what was written before the feature entered is behind its floor', async () => {
  const world = new World('shadow');
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await ask(proxy, 'POST', '/orders');
  world.source.mood = 'refuses';
  world.routing = routingOf('live');
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-unknown' });
  world.source.mood = 'answers';
  await entered(proxy);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'legacy', reason: 'fence-timeout' });
  world.applied.reach(110n);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ body: 'candidate', reason: 'live' });
});

test('a write that set out before the feature entered is fenced when its answer comes after', async () => {
  const world = new World('shadow');
  let commit: (() => void) | undefined;
  await using upstream = await startUpstream((req, res) => {
    if (req.method !== 'POST') res.end('legacy');
    else {
      commit = () => {
        world.source.position = 200n;
        res.end('written');
      };
    }
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  const writing = ask(proxy, 'POST', '/orders');
  await until(() => commit !== undefined);
  world.routing = routingOf('live');
  await entered(proxy);
  commit?.();
  expect((await writing).setCookies).toHaveLength(1);
  expect(await ask(proxy, 'GET', '/orders/1')).toMatchObject({ reason: 'fence-timeout' });
});

test('a write whose answer comes right after the feature entered carries its fence to the other proxies', async () => {
  const world = new World('shadow');
  await using upstream = await startUpstream((_, res) => {
    world.routing = routingOf('live');
    res.end('written');
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  expect((await ask(proxy, 'POST', '/orders')).setCookies).toHaveLength(1);
});

test('leaving and entering again asks for a new floor', async () => {
  const world = new World('live');
  await using upstream = await startUpstream(shop(world));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  world.routing = routingOf('shadow');
  await ask(proxy, 'GET', '/orders/1');
  world.source.position = 300n;
  world.routing = routingOf('live');
  await entered(proxy);
  expect(await ask(proxy, 'GET', '/orders/1', 'session=new')).toMatchObject({ reason: 'fence-timeout' });
});

test('visitors who write and at once read back never see the old state', async () => {
  const world = new World('live', 1_000n);
  world.source.position = 1_000n;
  const legacyState = new Map<string, number>();
  const modelState = new Map<string, number>();
  const log: { readonly who: string; readonly value: number; readonly position: Position }[] = [];
  const visits = new AbortController();
  await using upstream = await startUpstream((req, res) => {
    const who = req.headers.cookie?.replace('session=', '') ?? '';
    if (req.method === 'POST') {
      const value = (legacyState.get(who) ?? 0) + 1;
      legacyState.set(who, value);
      world.source.position += 1n;
      log.push({ who, value, position: world.source.position });
    }
    res.end(String(legacyState.get(who) ?? 0));
  });
  const model: Candidate = {
    ask: async ({ headers }) => {
      const who = headers.find((text) => text.startsWith('session='))?.replace('session=', '') ?? '';
      return {
        ok: true,
        answer: { status: 200, headers: [], body: Buffer.from(String(modelState.get(who) ?? 0)) },
        tookMs: 1,
      };
    },
  };
  const applying = (async () => {
    while (!visits.signal.aborted) {
      await new Promise((resolve) => {
        // Either well within what a read waits, or well beyond it, also on a busy machine.
        if (Math.random() < 0.7) setImmediate(resolve);
        else setTimeout(resolve, 80);
      });
      for (const { who, value, position } of log.splice(0)) {
        modelState.set(who, value);
        world.applied.reach(position);
      }
    }
  })();
  await using proxy = await startTestProxy(upstream.url, world.options({ candidate: () => model, fenceBudgetMs: 40 }));
  await entered(proxy);
  const visit = async (who: string): Promise<void> => {
    for (let i = 1; i <= 60; i += 1) {
      await ask(proxy, 'POST', '/orders', `session=${who}`);
      expect((await ask(proxy, 'GET', '/orders/1', `session=${who}`)).body).toBe(String(i));
    }
  };
  await Promise.all(['ann', 'bob', 'cat', 'dan'].map(visit));
  visits.abort();
  await applying;
  const reads = proxy.seen.filter(({ method }) => method === 'GET');
  expect(reads.filter(({ servedBy }) => servedBy === 'candidate').length).toBeGreaterThan(10);
  expect(reads.filter(({ servedBy }) => servedBy === 'legacy').length).toBeGreaterThan(10);
});
