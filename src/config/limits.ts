/** What a proxy takes on before it says no. With several workers each gets its share of the counts. */
export interface ProxyLimits {
  /** Client connections at once, tunnels and event streams included. Further ones are answered 503 and closed. */
  readonly connections: number;
  /** Requests at once whose answer is not out, those that wait for the upstream included. Further ones get 503. */
  readonly inFlight: number;
  /** Requests at once that are with the legacy app. Event streams and tunnels do not count. */
  readonly upstreamConnections: number;
  /** Milliseconds a request may wait for its turn with the legacy app; then 503. */
  readonly upstreamWaitMs: number;
  /** Bytes of request line and header lines together; more get 431. */
  readonly headerBytes: number;
  /** Header lines of a request; more get 431. */
  readonly headerLines: number;
  /** Milliseconds from the first byte (or the connection) until the head of a request is complete; then 408. */
  readonly headersTimeoutMs: number;
  /** Bytes of a request's body; more get 413. */
  readonly bodyBytes: number;
  /** Milliseconds of waiting for the client over which `bodyBytesPerSecond` is measured. 0: bodies may be slow. */
  readonly bodyTimeoutMs: number;
  /** A client that uploads slower than this over `bodyTimeoutMs` of waiting for it gets 408. */
  readonly bodyBytesPerSecond: number;
  /** Bytes of a body that are read to learn what a query asks; a larger one goes to legacy as it comes. */
  readonly queryBodyBytes: number;
  /** Milliseconds in which a client takes nothing of an answer that waits for it; then it is cut off. 0: for ever. */
  readonly answerTimeoutMs: number;
}

/** How each limit is written in a config: absent takes the default. */
export type LimitsDefinition = { readonly [Name in keyof ProxyLimits]?: ProxyLimits[Name] | undefined };

export const defaultLimits: ProxyLimits = {
  connections: 10_000,
  inFlight: 2_000,
  upstreamConnections: 1_000,
  upstreamWaitMs: 1_000,
  headerBytes: 32 * 1024,
  headerLines: 200,
  headersTimeoutMs: 15_000,
  bodyBytes: Number.POSITIVE_INFINITY,
  bodyTimeoutMs: 20_000,
  bodyBytesPerSecond: 100,
  queryBodyBytes: 256 * 1024,
  answerTimeoutMs: 60_000,
};

/** The defaults, with what was written in their place. */
export function limitsOf(written: LimitsDefinition = {}): ProxyLimits {
  const given = Object.entries(written).filter(([, value]) => value !== undefined);
  return { ...defaultLimits, ...Object.fromEntries(given) };
}

/** One worker's share: counts are divided, at least 1 each; what is per request stays. */
export function shareOf(limits: ProxyLimits, workers: number): ProxyLimits {
  const share = (whole: number): number => Math.max(1, Math.ceil(whole / workers));
  return {
    ...limits,
    connections: share(limits.connections),
    inFlight: share(limits.inFlight),
    upstreamConnections: share(limits.upstreamConnections),
  };
}
