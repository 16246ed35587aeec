import { expect, test } from 'vitest';
import { Departed, sumUp } from '../../../src/app/workers/sum-up.ts';
import type { WorkerReport } from '../../../src/app/workers/protocol.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { createTrafficObserver, type Observation } from '../../../src/observe/traffic.ts';

const request: Observation = {
  method: 'GET',
  path: '/orders/1',
  status: 200,
  servedBy: 'legacy',
  reason: 'no-route',
  tookMs: 10,
  aborted: false,
};
const refused = {
  connections: 0,
  'in-flight': 2,
  'upstream-busy': 0,
  'head-too-large': 0,
  'head-too-slow': 0,
  'body-too-large': 0,
  'body-too-slow': 0,
};

/** What a worker says that has seen so many requests. */
async function reportOf(requests: number, tookMs = 10): Promise<WorkerReport> {
  const traffic = createTrafficObserver();
  const metrics = createMetrics();
  const load = { connections: 3, inFlight: 1, streams: 1, upstreamBusy: 1, upstreamWaiting: 0, refused };
  for (let i = 0; i < requests; i += 1) {
    traffic.seen({ ...request, tookMs });
    metrics.requestServed({ ...request, tookMs });
  }
  metrics.load(load);
  const report = { traffic: traffic.dump(), inFlight: 1, load, metrics: await metrics.snapshot(), shadow: undefined };
  // As it arrives over the channel between the processes.
  return structuredClone(report);
}

test('figures of workers are added up, percentiles are those of all requests together', async () => {
  const view = sumUp([await reportOf(90), await reportOf(10, 1_000)], new Departed(), [1, 2]);
  expect(view.traffic).toMatchObject({ requests: 100, inFlight: 2, servedBy: { legacy: 100, candidate: 0 } });
  expect(view.load).toMatchObject({ connections: 6, streams: 2, refused: { 'in-flight': 4 }, workers: [1, 2] });
  const [route] = view.traffic.routes;
  expect(route).toMatchObject({ path: '/orders/:id', requests: 100, statuses: { '2xx': 100 } });
  expect(route?.p50Ms).toBeCloseTo(10, -1);
  expect(route?.p95Ms).toBeGreaterThan(900);
});

test('what workers that are gone had counted stays in the totals, what they held does not', async () => {
  const departed = new Departed();
  departed.add(await reportOf(4));
  departed.add(await reportOf(5));
  const alive = await reportOf(1);
  const view = sumUp([alive], departed, [3]);
  expect(view.traffic.requests).toBe(10);
  expect(view.load).toMatchObject({ connections: 3, refused: { 'in-flight': 6 } });

  const text = await createMetrics().text([alive.metrics, ...departed.metrics()]);
  expect(text).toMatch(/^fig_requests_total\{served_by="legacy",status_class="2xx",reason="no-route"\} 10$/m);
  expect(text).toMatch(/^fig_request_duration_seconds_count\{served_by="legacy"\} 10$/m);
  expect(text).toMatch(/^fig_request_duration_seconds_bucket\{le="0.01",served_by="legacy"\} 10$/m);
  expect(text).toMatch(/^fig_connections 3$/m);
  expect(text).toMatch(/^fig_refused_total\{reason="in-flight"\} 6$/m);
});

test('the breaker of a feature is as badly off as in the worst worker', async () => {
  const states = ['closed', 'half-open', 'open'] as const;
  const reports = await Promise.all(
    states.map(async (state) => ({ ...(await reportOf(1)), breakers: { orders: state, prices: 'closed' as const } })),
  );
  expect(sumUp(reports, new Departed(), []).breakers).toEqual({ orders: 'open', prices: 'closed' });
  expect(sumUp(reports.slice(0, 2), new Departed(), []).breakers).toEqual({ orders: 'half-open', prices: 'closed' });
});

test('what the shadow of a worker that is gone had compared stays counted', async () => {
  const shadow = {
    perSecond: 100,
    queued: 3,
    queuedBytes: 30,
    compared: 7,
    dropped: {
      'not-sampled': 0,
      'from-shadow': 0,
      writes: 0,
      'over-budget': 2,
      'legacy-strain': 0,
      'queue-full': 0,
      'too-large': 0,
      aborted: 0,
      'worker-down': 0,
      parked: 0,
    },
    workerRestarts: 1,
    sample: { features: { orders: { asked: 10, chosen: 4 } }, unnamed: 2 },
  };
  const departed = new Departed();
  departed.add({ ...(await reportOf(1)), shadow });
  departed.add({ ...(await reportOf(1)), shadow });
  const view = sumUp([{ ...(await reportOf(1)), shadow }], departed, [1]);
  expect(view.shadow).toMatchObject({ perSecond: 100, queued: 3, compared: 21, workerRestarts: 3 });
  expect(view.shadow?.dropped['over-budget']).toBe(6);
  expect(view.shadow?.sample).toEqual({ features: { orders: { asked: 30, chosen: 12 } }, unnamed: 6 });
});
