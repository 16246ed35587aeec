import { expect, test } from 'vitest';
import { sumViews } from '../../../src/app/roles/sum-views.ts';
import type { ProxyView } from '../../../src/app/serving/proxy-side.ts';

function view(requests: number, p95Ms: number, breaker: 'open' | 'closed'): ProxyView {
  return {
    traffic: {
      requests,
      inFlight: 1,
      servedBy: { legacy: requests - 1, candidate: 1 },
      fallbacks: { 'fence-timeout': 2 },
      routes: [{ method: 'GET', path: '/a', requests, statuses: { '2xx': requests }, p50Ms: 1, p95Ms }],
    },
    load: { connections: 3, streams: 0, upstreamBusy: 1, upstreamWaiting: 0, refused: { 'in-flight': 4 } },
    shadow: undefined,
    breakers: { orders: breaker },
  };
}

test('counts of several proxies are added up, durations are those of the slowest, and breakers of who is worst off', () => {
  const { traffic, load, breakers } = sumViews([view(10, 5, 'closed'), view(20, 50, 'open')]);
  expect(traffic).toMatchObject({
    requests: 30,
    inFlight: 2,
    servedBy: { legacy: 28, candidate: 2 },
    fallbacks: { 'fence-timeout': 4 },
    routes: [{ method: 'GET', path: '/a', requests: 30, statuses: { '2xx': 30 }, p50Ms: 1, p95Ms: 50 }],
  });
  expect(load).toMatchObject({ connections: 6, upstreamBusy: 2, refused: { 'in-flight': 8 } });
  expect(breakers).toEqual({ orders: 'open' });
});

test('without any proxy there are zeros', () => {
  const { traffic, load, shadow } = sumViews([]);
  expect(traffic).toMatchObject({ requests: 0, routes: [] });
  expect(load.connections).toBe(0);
  expect(shadow).toBeUndefined();
});
