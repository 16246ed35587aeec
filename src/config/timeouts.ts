/**
 * How long the legacy app may take, in milliseconds; 0: for ever. How long a client may take is said by the limits of the
 * listener.
 */
export interface UpstreamTimeouts {
  /** Until a connection, with TLS if any, is made. */
  readonly connectMs: number;
  /** Without taking in any more of a request's body. */
  readonly requestBodyIdleMs: number;
  /** From the end of the request, or an interim answer, until the head of the answer. */
  readonly responseHeadersMs: number;
  /** Between two parts of an answer's body while the client reads. Not for event streams. */
  readonly responseBodyIdleMs: number;
  /** For all of it, from the request's arrival at the upstream's pool to the end of the answer. Not for event streams. */
  readonly totalMs: number;
}

/** How they are written in a config: absent takes the default. */
export type TimeoutsDefinition = { readonly [Name in keyof UpstreamTimeouts]?: UpstreamTimeouts[Name] | undefined };

const defaults: UpstreamTimeouts = {
  connectMs: 5_000,
  requestBodyIdleMs: 60_000,
  responseHeadersMs: 60_000,
  responseBodyIdleMs: 300_000,
  totalMs: 0,
};

/** The defaults, with what was written in their place. */
export function timeoutsOf(written: TimeoutsDefinition = {}): UpstreamTimeouts {
  const given = Object.entries(written).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}
