import type { Side } from '../kernel/exchange.ts';
import { Histogram, type HistogramDump } from './histogram.ts';
import { TemplateBudget, otherRoutes, pathTemplate } from './path-template.ts';

const MAX_ROUTES = 500;
const SHOWN_ROUTES = 50;
const MAX_REASONS = 50;
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** One finished request, as the proxy saw it. */
export interface Observation {
  readonly method: string;
  /** Path and query as received; only its template is kept. */
  readonly path: string;
  /** Undefined when the client went away before there was one. */
  readonly status: number | undefined;
  readonly servedBy: Side;
  /** Why legacy answered in place of the candidate. */
  readonly fallback?: string | undefined;
  /** Why that side was chosen. */
  readonly reason: string;
  readonly tookMs: number;
  /** The client went away before the answer was complete. Counted, but its duration says nothing. */
  readonly aborted: boolean;
}

/** Matches `ObservedRoute` of the control's status. */
interface RouteTraffic {
  readonly method: string;
  readonly path: string;
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** `TrafficStatus` without `inFlight`, which only the proxy knows. */
interface TrafficSummary {
  readonly requests: number;
  readonly servedBy: Readonly<Record<Side, number>>;
  readonly fallbacks: Readonly<Record<string, number>>;
  readonly routes: readonly RouteTraffic[];
}

/** Everything counted, as it travels between processes. */
export interface TrafficDump {
  readonly requests: number;
  readonly servedBy: Readonly<Record<Side, number>>;
  readonly fallbacks: ReadonlyMap<string, number>;
  readonly routes: readonly {
    readonly method: string;
    readonly path: string;
    readonly requests: number;
    readonly statuses: ReadonlyMap<string, number>;
    readonly durations: HistogramDump;
  }[];
}

export interface TrafficObserver {
  seen(observation: Observation): void;
  /** Adds what another process saw, or one that is no more. */
  absorb(dump: TrafficDump): void;
  dump(): TrafficDump;
  status(): TrafficSummary;
}

interface RouteCounts {
  readonly method: string;
  readonly path: string;
  requests: number;
  readonly statuses: Map<string, number>;
  readonly durations: Histogram;
}

/** Counts what passes by route template: at most 500 templates, the rest under `(other)`. Nothing personal is kept. */
export function createTrafficObserver(maxRoutes: number = MAX_ROUTES): TrafficObserver {
  const budget = new TemplateBudget(maxRoutes);
  const routes = new Map<string, RouteCounts>();
  const fallbacks = new Map<string, number>();
  const servedBy: Record<Side, number> = { legacy: 0, candidate: 0 };
  let requests = 0;

  const routeOf = (method: string, path: string): RouteCounts =>
    routeFor(methods.has(method) ? method : 'OTHER', pathTemplate(path));
  const routeFor = (known: string, template: string): RouteCounts => {
    const admitted = template === otherRoutes ? otherRoutes : budget.admit(`${known} ${template}`);
    let route = routes.get(admitted);
    if (route === undefined) {
      const isOther = admitted === otherRoutes;
      route = {
        method: isOther ? '*' : known,
        path: isOther ? otherRoutes : admitted.slice(known.length + 1),
        requests: 0,
        statuses: new Map(),
        durations: new Histogram(),
      };
      routes.set(admitted, route);
    }
    return route;
  };

  return {
    absorb: (dump) => {
      requests += dump.requests;
      servedBy.legacy += dump.servedBy.legacy;
      servedBy.candidate += dump.servedBy.candidate;
      for (const [reason, count] of dump.fallbacks) {
        increment(fallbacks, fallbacks.has(reason) || fallbacks.size < MAX_REASONS ? reason : otherRoutes, count);
      }
      for (const { method, path, requests: count, statuses, durations } of dump.routes) {
        const route = routeFor(method, path);
        route.requests += count;
        for (const [status, times] of statuses) increment(route.statuses, status, times);
        route.durations.absorb(durations);
      }
    },
    dump: () => ({
      requests,
      servedBy: { ...servedBy },
      fallbacks: new Map(fallbacks),
      routes: [...routes.values()].map((route) => ({
        ...route,
        statuses: new Map(route.statuses),
        durations: route.durations.dump(),
      })),
    }),
    seen: (observation) => {
      requests += 1;
      servedBy[observation.servedBy] += 1;
      if (observation.fallback !== undefined) {
        const isRoom = fallbacks.has(observation.fallback) || fallbacks.size < MAX_REASONS;
        increment(fallbacks, isRoom ? observation.fallback : otherRoutes);
      }
      const route = routeOf(observation.method, observation.path);
      route.requests += 1;
      if (observation.aborted) increment(route.statuses, 'aborted');
      else {
        increment(route.statuses, statusClass(observation.status));
        route.durations.observe(observation.tookMs);
      }
    },
    status: () => ({
      requests,
      servedBy: { ...servedBy },
      fallbacks: Object.fromEntries(fallbacks),
      routes: [...routes.values()]
        .toSorted((a, b) => b.requests - a.requests || (a.path < b.path ? -1 : 1))
        .slice(0, SHOWN_ROUTES)
        .map((route) => ({
          method: route.method,
          path: route.path,
          requests: route.requests,
          statuses: Object.fromEntries([...route.statuses].toSorted(([a], [b]) => (a < b ? -1 : 1))),
          p50Ms: rounded(route.durations.percentile(0.5)),
          p95Ms: rounded(route.durations.percentile(0.95)),
        })),
    }),
  };
}

/** `2xx`; `none` when there was no valid status. */
export function statusClass(status: number | undefined): string {
  return status !== undefined && status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'none';
}

function increment(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
