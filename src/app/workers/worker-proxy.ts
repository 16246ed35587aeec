import type { Proxy } from '../../../proxy/proxy-options.ts';
import type { Log } from '../../kernel/log.ts';
import { createMetrics } from '../../observe/metrics.ts';
import { createTrafficObserver } from '../../observe/traffic.ts';
import { watchTraffic } from '../serving/feed-metrics.ts';
import { startObservingProxy } from '../serving/observing-proxy.ts';
import type { ObserverJob, ToProxyWorker, WorkerReport } from './protocol.ts';

/** The proxy of one worker. */
export interface WorkerProxy {
  /** Resolves with its address when it serves. Throws what `startProxy` throws. */
  start(): Promise<string>;
  /** What only some workers understand. Called from the beginning on. */
  hear(message: ToProxyWorker): void;
  reloadCertificates(): void;
  /** Undefined until it serves. */
  report(): Promise<WorkerReport | undefined>;
  /** Drains. */
  stop(): Promise<void>;
}

/** The proxy of a worker that only observes. */
export class ObservingWorker implements WorkerProxy {
  readonly #job: ObserverJob;
  readonly #log: Log;
  readonly #traffic = createTrafficObserver();
  readonly #metrics = createMetrics();
  #proxy: Proxy | undefined;

  constructor(job: ObserverJob, log: Log) {
    this.#job = job;
    this.#log = log;
  }

  async start(): Promise<string> {
    const metrics = this.#metrics;
    const proxy = await startObservingProxy(this.#job, watchTraffic(this.#traffic, metrics), this.#log);
    metrics.beforeText(() => metrics.load(proxy.load()));
    this.#proxy = proxy;
    return proxy.url;
  }

  hear(): void {
    // It has no phases and no fellows.
  }

  reloadCertificates(): void {
    this.#proxy?.reloadCertificates();
  }

  async report(): Promise<WorkerReport | undefined> {
    if (this.#proxy === undefined) return undefined;
    return {
      traffic: this.#traffic.dump(),
      inFlight: this.#proxy.inFlight,
      load: this.#proxy.load(),
      metrics: await this.#metrics.snapshot(),
      shadow: undefined,
    };
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
  }
}
