import { describe, expect, it } from 'vitest';
import { createTrafficObserver, type Observation } from '../../src/observe/traffic.ts';

const seen = (path: string, more: Partial<Observation> = {}): Observation => ({
  method: 'GET',
  path,
  status: 200,
  servedBy: 'legacy',
  reason: 'no feature',
  tookMs: 10,
  aborted: false,
  ...more,
});

describe('the traffic observer', () => {
  it('counts by route template, busiest first, with classes of status', () => {
    const traffic = createTrafficObserver();
    traffic.seen(seen('/api/orders/1'));
    traffic.seen(seen('/api/orders/2?expand=items', { status: 404 }));
    traffic.seen(seen('/api/orders', { method: 'POST', status: 201 }));
    const status = traffic.status();
    expect(status.requests).toBe(3);
    expect(status.routes).toEqual([
      { method: 'GET', path: '/api/orders/:id', requests: 2, statuses: { '2xx': 1, '4xx': 1 }, p50Ms: 10, p95Ms: 10 },
      { method: 'POST', path: '/api/orders', requests: 1, statuses: { '2xx': 1 }, p50Ms: 10, p95Ms: 10 },
    ]);
  });

  it('counts who served and why legacy had to', () => {
    const traffic = createTrafficObserver();
    traffic.seen(seen('/a', { servedBy: 'candidate' }));
    traffic.seen(seen('/a', { fallback: 'timeout' }));
    traffic.seen(seen('/a', { fallback: 'timeout' }));
    expect(traffic.status().servedBy).toEqual({ legacy: 2, candidate: 1 });
    expect(traffic.status().fallbacks).toEqual({ timeout: 2 });
  });

  it('counts aborted requests but not how long they took', () => {
    const traffic = createTrafficObserver();
    traffic.seen(seen('/a', { aborted: true, status: undefined, tookMs: 60_000 }));
    traffic.seen(seen('/a', { tookMs: 5 }));
    expect(traffic.status().routes[0]).toMatchObject({ requests: 2, statuses: { aborted: 1, '2xx': 1 }, p95Ms: 5 });
  });

  it('stays bounded whatever is asked for, and counts the rest together', () => {
    const traffic = createTrafficObserver(3);
    for (let i = 0; i < 50; i += 1)
      traffic.seen(seen(`/${'x'.repeat(i + 1)}`, { method: `M${i}`, fallback: `why ${i}` }));
    const { routes, fallbacks } = traffic.status();
    expect(routes).toHaveLength(4);
    expect(routes[0]).toMatchObject({ method: '*', path: '(other)', requests: 47 });
    for (let i = 0; i < 50; i += 1) traffic.seen(seen('/x', { fallback: `other why ${i}` }));
    expect(Object.keys(fallbacks).length).toBe(50);
    expect(traffic.status().fallbacks['(other)']).toBe(50);
  });
});
