import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Admission } from '../../shadow/admission.ts';
import type { Candidate } from '../../src/kernel/candidate.ts';
import type { Exchange, ExchangeSink } from '../../src/kernel/exchange.ts';
import type { ReadState } from '../../src/kernel/phase.ts';
import {
  exchangeRaw,
  ordersFeature,
  rawClient,
  routingOf,
  startTestProxy,
  startUpstream,
  until,
  type TestProxy,
} from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const shadowed = () => {
  const routing = routingOf('shadow');
  return { features: [ordersFeature], routing: () => routing };
};

test('in shadow the copy holds question and answer as they went over the wire', async () => {
  const body = gzipSync('{"id":7}');
  await using upstream = await startUpstream((_, res) => {
    res.writeHead(200, { 'Content-Encoding': 'gzip', 'Set-Cookie': ['a=1', 'b=2'] });
    res.write(body.subarray(0, 5));
    res.end(body.subarray(5));
  });
  await using proxy = await startTestProxy(upstream.url, shadowed());
  const client = await rawClient(
    proxy.port,
    'GET /orders/7?x=1 HTTP/1.1\r\nHost: pub\r\nX-D: 1\r\nX-D: 2\r\nCookie: s=1; fig_fence=a.b\r\nConnection: close\r\n\r\n',
  );
  await client.ended;
  await until(() => proxy.offered.length === 1);
  const [copy] = proxy.offered;
  expect(copy).toMatchObject({
    feature: 'orders',
    route: 'GET /orders/:id',
    params: { id: '7' },
    servedBy: 'legacy',
    candidateFailure: undefined,
    reads: { phase: 'shadow' },
    question: {
      method: 'GET',
      target: '/orders/7?x=1',
      headers: [
        ['Host', 'pub', 'X-D', '1', 'X-D', '2', 'Cookie', 's=1', 'X-Forwarded-For', '127.0.0.1'],
        ['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'pub', 'Forwarded', 'for=127.0.0.1;host=pub;proto=http'],
        ['X-Request-Id', expect.any(String)],
      ].flat(),
    },
  });
  expect(copy?.answer.status).toBe(200);
  expect(Buffer.from(copy?.answer.body ?? []).equals(body)).toBe(true);
  expect(copy?.answer.headers.slice(0, 6)).toEqual([
    'Content-Encoding',
    'gzip',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ]);
  expect(copy?.id).toMatch(/^[\w-]{14,}$/);
});

test('what no feature owns is not copied', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, shadowed());
  await (await fetch(`${proxy.url}/other`)).text();
  await (await fetch(`${proxy.url}/orders/1`, { method: 'POST' })).text();
  await until(() => proxy.seen.length === 2);
  expect(proxy.offered).toEqual([]);
});

test('a body over the limit is told as dropped, and that it was asked for; the user gets all of it', async () => {
  await using upstream = await startUpstream((_, res) => res.end('x'.repeat(101)));
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), captureLimitBytes: 100 });
  expect((await (await fetch(`${proxy.url}/orders/1`)).text()).length).toBe(101);
  await until(() => proxy.dropped.length === 1);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'too-large' }]);
  expect(proxy.offered).toMatchObject([{ isCut: true, servedBy: 'legacy', answer: { status: 200 } }]);
  expect(proxy.offered[0]?.answer.body.byteLength).toBe(0);
});

test('an answer that the client did not wait for is told as dropped', async () => {
  await using upstream = await startUpstream((_, res) => {
    res.write('part');
  });
  await using proxy = await startTestProxy(upstream.url, shadowed());
  const client = await rawClient(proxy.port, 'GET /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('part');
  client.socket.destroy();
  await until(() => proxy.dropped.length === 1);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'aborted' }]);
});

test('a sink is told who asks, as far as routing knows a name for them', async () => {
  const visitors: (string | undefined)[] = [];
  const sink: ExchangeSink = {
    wants: (_feature, _route, asker) => {
      visitors.push(asker?.namedVisitor);
      return false;
    },
    offer: () => undefined,
    dropped: () => undefined,
  };
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  const visitor = { cookie: 'session', header: undefined };
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), sink, visitor });
  for (const cookie of ['session=ann', 'session=bob', 'session=ann', 'other=1']) {
    await (await fetch(`${proxy.url}/orders/1`, { headers: { cookie } })).text();
  }
  const [ann, bob, again, nobody] = visitors;
  expect(ann).toMatch(/^[\w-]{43}$/);
  expect(again).toBe(ann);
  expect(bob).not.toBe(ann);
  expect(nobody).toBeUndefined();
});

test('reads of a route in quarantine are answered and not compared, and counted', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  const { features, ...routing } = routingOf('shadow');
  const orders = { ...features.get('orders')!, quarantined: ['GET /orders/:id'] };
  const quarantined = { ...routing, features: new Map([['orders', orders]]) };
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), routing: () => quarantined });
  expect(await (await fetch(`${proxy.url}/orders/1`)).text()).toBe('ok');
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ reason: 'phase-shadow', servedBy: 'legacy' }]);
  expect(proxy.offered).toEqual([]);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'writes' }]);
});

test('what a candidate asks on behalf of the shadow is answered and not compared in its turn', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, shadowed());
  const answer = await fetch(`${proxy.url}/orders/1`, { headers: { 'x-fig-shadow': '1' } });
  expect(await answer.text()).toBe('ok');
  await until(() => proxy.seen.length === 1);
  expect(proxy.offered).toEqual([]);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'from-shadow' }]);
});

test('a client that reads slowly holds up legacy, and not the copy: it is let go of, and every byte arrives', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const total = 200 * chunk.byteLength;
  await using upstream = await startUpstream((_, res) => {
    let sent = 0;
    const more = (): void => {
      while (sent < total) {
        sent += chunk.byteLength;
        if (!res.write(chunk)) {
          res.once('drain', more);
          return;
        }
      }
      res.end();
    };
    more();
  });
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), captureLimitBytes: chunk.byteLength });
  const response = await fetch(`${proxy.url}/orders/1`);
  let read = 0;
  for await (const part of response.body!) {
    read += part.byteLength;
    await new Promise(setImmediate);
  }
  expect(read).toBe(total);
  await until(() => proxy.dropped.length === 1);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'too-large' }]);
});

test('a sink that wants nothing is not given anything', async () => {
  const calls: string[] = [];
  const sink = {
    wants: () => false,
    offer: () => {
      calls.push('offer');
    },
    dropped: () => {
      calls.push('dropped');
    },
  };
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), sink });
  await (await fetch(`${proxy.url}/orders/1`)).text();
  await until(() => proxy.seen.length === 1);
  expect(calls).toEqual([]);
});

const fail = (): never => {
  throw new Error('broken');
};

test.each(['wants', 'offer', 'observe'] as const)(
  'a shadow or observer that throws in %s does not touch the user',
  async (where) => {
    const sink = { wants: () => true, offer: () => undefined, dropped: () => undefined, [where]: fail };
    await using upstream = await startUpstream((_, res) => res.end('ok'));
    await using proxy = await startTestProxy(upstream.url, {
      ...shadowed(),
      sink,
      ...(where === 'observe' ? { observe: fail } : {}),
    });
    for (let i = 0; i < 3; i += 1) expect(await (await fetch(`${proxy.url}/orders/1`)).text()).toBe('ok');
  },
);

/** A shadow whose budget is used up after the first question; what it leaves out it counts as the feed does. */
class Frugal implements ExchangeSink {
  readonly offered: Exchange[] = [];
  readonly left: string[] = [];
  readonly #admission = new Admission({ maxPerSecond: 0.2 });

  wants(feature: string, route: string): boolean {
    const isAdmitted = this.#admission.admits(feature, route);
    if (!isAdmitted) this.dropped(feature, route, 'over-budget');
    return isAdmitted;
  }

  offer(exchange: Exchange): void {
    this.offered.push(exchange);
  }

  dropped(_feature: string, route: string, reason: string): void {
    this.left.push(`${route} ${reason}`);
  }
}

interface Frugally {
  readonly sink: Frugal;
  readonly proxy: TestProxy;
  /** The bytes of the answer, less its date. */
  readonly read: (target?: string) => Promise<string>;
}

/** Runs against a proxy whose shadow has been asked about, and admitted, one question before. */
async function frugally(
  phase: ReadState['phase'],
  candidate: Candidate | undefined,
  run: (parts: Frugally) => Promise<void>,
): Promise<void> {
  const routing = routingOf(phase);
  const sink = new Frugal();
  await using upstream = await startUpstream((req, res) => {
    res.writeHead(203, 'Mine', ['X-Shop', 'a', 'X-Shop', 'b']);
    res.end(`legacy ${req.url}`);
  });
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => routing,
    candidate: () => candidate,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
    sink,
  });
  const read = async (target = '/orders/1'): Promise<string> => {
    const answer = await exchangeRaw(proxy.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    return answer.replace(/Date: .*\r\n/, '');
  };
  await read('/orders/0');
  expect(sink.left).toEqual([]);
  await run({ sink, proxy, read });
}

test('a question that is not chosen is answered the same, not copied, and counted as over the budget', async () => {
  await frugally('shadow', undefined, async ({ sink, proxy, read }) => {
    await until(() => sink.offered.length === 1);
    const compared = await read('/orders/0');
    expect(compared).toMatch(/^HTTP\/1\.1 203 Mine\r\nX-Shop: a\r\nX-Shop: b\r\n[^]*legacy \/orders\/0/);
    for (let i = 0; i < 3; i += 1) expect(await read('/orders/0')).toBe(compared);
    await until(() => proxy.seen.length === 5);
    expect(sink.left).toEqual(Array.from({ length: 4 }, () => 'GET /orders/:id over-budget'));
    expect(sink.offered).toHaveLength(1);
    for (const seen of proxy.seen)
      expect(seen).toMatchObject({ reason: 'phase-shadow', servedBy: 'legacy', status: 203 });
  });
});

test('in live a question that is not chosen is served by the candidate', async () => {
  const body = Buffer.from('candidate');
  const candidate: Candidate = {
    ask: async () => ({ ok: true, answer: { status: 200, headers: [], body }, tookMs: 1 }),
  };
  await frugally('live', candidate, async ({ sink, proxy, read }) => {
    let answer = '';
    while (!answer.endsWith('candidate')) answer = await read();
    expect(answer).toContain('x-fig-served-by: candidate');
    expect(proxy.seen.at(-1)).toMatchObject({ reason: 'live', servedBy: 'candidate' });
    expect(sink.left.length).toBeGreaterThan(0);
    expect(sink.offered.length).toBeLessThanOrEqual(1);
  });
});

test('in live a question that is not chosen falls back to legacy, and is left out of the evidence like any other', async () => {
  let asked = 0;
  const candidate: Candidate = {
    ask: async () => {
      asked += 1;
      return { ok: false, failure: 'failed', reason: 'down', tookMs: 1 };
    },
  };
  await frugally('live', candidate, async ({ sink, proxy, read }) => {
    while (proxy.proxy.breakers()['orders'] === 'closed') expect(await read()).toContain('203 Mine');
    await until(() => proxy.seen.filter(({ reason }) => reason === 'candidate-failed').length === asked);
    // The breaker counts every failure; what is evidence is a fair sample of failures and matches.
    expect(asked).toBe(5);
    expect(sink.offered.length).toBeLessThanOrEqual(1);
    expect(sink.left.length).toBeGreaterThanOrEqual(asked - 1);

    // While the breaker is open nobody fails; users who fell back are counted.
    expect(await read()).toContain('203 Mine');
    await until(() => proxy.seen.at(-1)?.reason === 'breaker-open');
    expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'legacy', fallback: 'breaker-open' });
    expect(sink.offered.length).toBeLessThanOrEqual(1);
  });
});
