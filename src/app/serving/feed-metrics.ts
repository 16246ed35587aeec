import type { SeenRequest } from '../../../proxy/seen-request.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { TrafficObserver } from '../../observe/traffic.ts';

/** What the proxy tells of every request goes to the traffic table and to the metrics. */
export function watchTraffic(traffic: TrafficObserver, metrics: Metrics): (seen: SeenRequest) => void {
  return (seen) => {
    traffic.seen(seen);
    metrics.requestServed(seen);
    if (seen.fallback !== undefined) metrics.fallback(seen.fallback);
  };
}
