import type { ObservedRoute, TrafficStatus } from '../serving/traffic-status.ts';
import type { ProxyView } from '../serving/proxy-side.ts';
import { addUp, sumShadows, worstOf } from '../workers/sum-up.ts';

const SHOWN_ROUTES = 50;
const noTraffic = { requests: 0, inFlight: 0, servedBy: { legacy: 0, candidate: 0 }, fallbacks: {}, routes: [] };

/** One view of several proxies on several machines: what those count that live now. Of durations, those of the slowest. */
export function sumViews(views: readonly ProxyView[]): ProxyView {
  const total = (figure: (view: ProxyView) => number): number => views.reduce((sum, view) => sum + figure(view), 0);
  const workers = views.flatMap(({ load }) => load.workers ?? []);
  return {
    traffic: sumTraffic(views.map(({ traffic }) => traffic)),
    load: {
      connections: total(({ load }) => load.connections),
      streams: total(({ load }) => load.streams),
      upstreamBusy: total(({ load }) => load.upstreamBusy),
      upstreamWaiting: total(({ load }) => load.upstreamWaiting),
      refused: addUp(views.map(({ load }) => load.refused)),
      ...(workers.length > 0 && { workers }),
    },
    shadow: sumShadows(
      views.flatMap(({ shadow }) => shadow ?? []),
      [],
    ),
    breakers: worstOf(views.map(({ breakers }) => breakers ?? {})),
  };
}

function sumTraffic(all: readonly TrafficStatus[]): TrafficStatus {
  if (all.length === 0) return noTraffic;
  const routes = new Map<string, ObservedRoute>();
  for (const route of all.flatMap((one) => one.routes)) {
    const key = `${route.method} ${route.path}`;
    const before = routes.get(key);
    routes.set(key, before ? joined(before, route) : route);
  }
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    inFlight: all.reduce((sum, { inFlight }) => sum + inFlight, 0),
    servedBy: addUp(all.map(({ servedBy }) => servedBy)),
    fallbacks: addUp(all.map(({ fallbacks }) => fallbacks)),
    routes: [...routes.values()]
      .toSorted((a, b) => b.requests - a.requests || (a.path < b.path ? -1 : 1))
      .slice(0, SHOWN_ROUTES),
  };
}

function joined(a: ObservedRoute, b: ObservedRoute): ObservedRoute {
  return {
    ...a,
    requests: a.requests + b.requests,
    statuses: addUp([a.statuses, b.statuses]),
    p50Ms: Math.max(a.p50Ms, b.p50Ms),
    p95Ms: Math.max(a.p95Ms, b.p95Ms),
  };
}
