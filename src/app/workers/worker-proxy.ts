import type { Proxy } from '../../../proxy/create-proxy.ts';
import type { Log } from '../../kernel/log.ts';
import { createMetrics } from '../../observe/metrics.ts';
import { createTrafficObserver } from '../../observe/traffic.ts';
import { watchTraffic } from '../feed-metrics.ts';
import { startObservingProxy } from '../observing-proxy.ts';
import type { ObserverJob, WorkerReport } from './protocol.ts';

/** The proxy of one worker. */
export interface WorkerProxy {
  readonly url: string;
  reloadCertificates(): void;
  report(): Promise<WorkerReport>;
  /** Drains. */
  stop(): Promise<void>;
}

/** Starts the proxy of a worker. Throws what `startProxy` throws. */
export async function startWorkerProxy(job: ObserverJob, log: Log): Promise<WorkerProxy> {
  const traffic = createTrafficObserver();
  const metrics = createMetrics();
  const proxy: Proxy = await startObservingProxy(job, watchTraffic(traffic, metrics), log);
  metrics.beforeText(() => metrics.load(proxy.load()));
  return {
    url: proxy.url,
    report: async () => ({
      traffic: traffic.dump(),
      inFlight: proxy.inFlight,
      load: proxy.load(),
      metrics: await metrics.snapshot(),
      shadow: undefined,
    }),
    reloadCertificates: () => proxy.reloadCertificates(),
    stop: () => proxy.stop(),
  };
}
