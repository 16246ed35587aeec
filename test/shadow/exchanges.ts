import type { Exchange } from '../../src/kernel/exchange.ts';

export function jsonBody(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** An exchange that legacy answered with `{ "path": target }`, which is what the test legacy answers. */
export function exchangeOf(target: string, more: Partial<Exchange> = {}): Exchange {
  return {
    id: target,
    feature: 'orders',
    route: 'GET /orders/:id',
    params: {},
    reads: { phase: 'shadow', percent: 0 },
    question: { method: 'GET', target, headers: ['Host', 'shop.example'] },
    answer: { status: 200, headers: ['Content-Type', 'application/json'], body: jsonBody({ path: target }) },
    servedBy: 'legacy',
    askedAt: Date.now(),
    tookMs: 5,
    ...more,
  };
}
