import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import type { ExchangeSink } from '../../src/kernel/exchange.ts';
import { HttpCandidate } from '../../src/readmodel/http-candidate.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { routingOf, startTestProxy, startUpstream, until } from '../proxy/support/harness.ts';
import { comparerBetween } from './comparer-between.ts';

const orders: Readonly<Record<string, readonly object[]>> = {
  ann: [{ id: 1, total: 10 }],
  bob: [{ id: 2, total: 20 }],
  eve: [{ id: 3, total: 30 }],
  joe: [],
};

const userOf = (req: IncomingMessage): string => /session=(\w+)/.exec(req.headers.cookie ?? '')?.[1] ?? '';

/** Proxy, legacy, candidate and comparer as they are, with legacy's own orders by visitor. */
async function visit(
  candidateAnswers: (user: string) => unknown,
  visits: readonly string[],
): Promise<readonly EvidenceItem[]> {
  const json = { 'content-type': 'application/json' };
  await using legacy = await startUpstream((req, res) =>
    res.writeHead(200, json).end(JSON.stringify({ orders: orders[userOf(req)] })),
  );
  await using service = await startUpstream((req, res) =>
    res.writeHead(200, json).end(JSON.stringify(candidateAnswers(userOf(req)))),
  );
  await using asker = new LegacyAsker({ url: legacy.url });
  await using candidate = new HttpCandidate(service.url);
  const { comparer, items } = comparerBetween(candidate, asker);
  const sink: ExchangeSink = {
    wants: () => true,
    offer: (exchange) => void comparer.compare(exchange),
    dropped: () => undefined,
  };
  await using proxy = await startTestProxy(legacy.url, {
    features: [
      {
        name: 'orders',
        routes: [{ route: 'GET /my/orders', method: 'GET', path: '/my/orders' }],
        candidateTimeoutMs: 1_000,
      },
    ],
    visitor: { cookie: 'session', header: undefined },
    routing: () => routingOf('shadow'),
    sink,
  });
  for (const [done, user] of visits.entries()) {
    await (await fetch(`${proxy.url}/my/orders`, { headers: { cookie: `session=${user}` } })).text();
    await until(() => items.length === done + 1);
  }
  return items;
}

const rounds = ['ann', 'bob', 'eve', 'joe', 'ann', 'bob', 'eve', 'joe'];

test("a candidate that keeps the first answer for everybody shows visitors what is another's, which is critical", async () => {
  const items = await visit(() => ({ orders: orders['bob'] }), rounds);
  const first = items.slice(0, 4);
  expect(first.map(({ verdict, critical }) => [verdict, critical])).toContainEqual(['match', false]);
  const ann = items[4]!;
  expect(ann).toMatchObject({ verdict: 'mismatch', critical: true });
  expect(ann.differences[0]).toMatchObject({ kind: 'visitor', path: 'visitor', critical: true });
  expect(items[5]).toMatchObject({ verdict: 'match' });
  expect(items[6]).toMatchObject({ verdict: 'mismatch', critical: true });
  expect(JSON.stringify(items)).not.toContain('session');
});

test('one that is merely wrong, or has nothing to show, is not told to show anything of another visitor', async () => {
  for (const answer of [{ orders: [{ id: 9 }] }, { orders: [] }]) {
    const items = await visit(() => answer, rounds);
    const mismatches = items.filter(({ verdict }) => verdict === 'mismatch');
    expect(mismatches.length).toBeGreaterThan(5);
    expect(mismatches.filter(({ critical }) => critical)).toEqual([]);
  }
});

test('one that filters by owner as legacy does matches for everybody', async () => {
  const items = await visit((user) => ({ orders: orders[user] }), rounds);
  expect(new Set(items.map(({ verdict }) => verdict))).toEqual(new Set(['match']));
});
