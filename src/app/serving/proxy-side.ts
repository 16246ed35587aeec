import type { Proxy } from '../../../proxy/proxy-options.ts';
import type { LoadStats } from '../../../proxy/load.ts';
import type { ShadowStats } from '../../../shadow/shadow-feed.ts';
import type { MetricsSnapshot } from '../../observe/metrics-snapshot.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { TrafficObserver } from '../../observe/traffic.ts';
import type { LoadStatus, Readiness } from '../control.ts';
import type { TrafficStatus } from './traffic-status.ts';

/** What the admin view shows of the proxy at one moment. */
export interface ProxyView {
  readonly traffic: TrafficStatus;
  readonly load: LoadStatus;
  readonly shadow: ShadowStats | undefined;
  /** Of each feature; the worst of all workers. */
  readonly breakers?: ReturnType<Proxy['breakers']> | undefined;
}

/** The proxy as the rest of a fig sees it, be it in this process or in several workers. */
export interface ProxySide {
  readonly url: string;
  view(): Promise<ProxyView>;
  /** The metrics of other processes that belong to it. */
  otherMetrics(): Promise<readonly MetricsSnapshot[]>;
  readiness(): Readiness;
  /** Reads the files of certificates again; one that cannot be used is told in the log, and the one before stays. */
  reloadCertificates(): void;
  /** Drains. May be called twice. */
  stop(): Promise<void>;
}

export const readinessOf = {
  serving: { ready: true, state: 'serving', reason: 'it accepts requests' },
  draining: { ready: false, state: 'draining', reason: 'it is being stopped and finishes what is under way' },
} as const satisfies Record<string, Readiness>;

/** A proxy in this very process. */
export function localProxySide(
  proxy: Proxy,
  traffic: TrafficObserver,
  metrics: Metrics,
  shadowStats: () => ShadowStats | undefined,
): ProxySide {
  metrics.beforeText(() => metrics.load(proxy.load()));
  return {
    url: proxy.url,
    view: () => {
      const shown = { ...traffic.status(), inFlight: proxy.inFlight };
      return Promise.resolve({
        traffic: shown,
        load: loadStatus(proxy.load()),
        shadow: shadowStats(),
        breakers: proxy.breakers(),
      });
    },
    otherMetrics: () => Promise.resolve([]),
    readiness: () => (proxy.isDraining ? readinessOf.draining : readinessOf.serving),
    reloadCertificates: () => proxy.reloadCertificates(),
    stop: () => proxy.stop(),
  };
}

export function loadStatus({ connections, streams, upstreamBusy, upstreamWaiting, refused }: LoadStats): LoadStatus {
  return { connections, streams, upstreamBusy, upstreamWaiting, refused };
}
