import type { Side } from '../../kernel/exchange.ts';

/** What a proxy has served since it started. */
export interface TrafficStatus {
  readonly requests: number;
  readonly inFlight: number;
  readonly servedBy: Readonly<Record<Side, number>>;
  /** Requests that legacy answered in place of the candidate, by reason. */
  readonly fallbacks: Readonly<Record<string, number>>;
  /** Busiest first, at most 50. */
  readonly routes: readonly ObservedRoute[];
}

export interface ObservedRoute {
  readonly method: string;
  /** Path with ids collapsed: `/api/orders/:id`. */
  readonly path: string;
  readonly requests: number;
  /** By class: `2xx`, `3xx`, `4xx`, `5xx`. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p95Ms: number;
}
