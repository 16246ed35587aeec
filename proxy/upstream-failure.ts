import type { ErrorCode } from '../src/kernel/error-codes.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { UpstreamFault } from './upstream/upstream-exchange.ts';

/** What went wrong with the upstream, on which side and when. */
export interface UpstreamFailure {
  readonly code: ErrorCode;
  /** The status the client gets, if its answer has not begun. */
  readonly status: number;
  readonly error: unknown;
  readonly message: string;
}

/** Names a failure by its stage and its cause. */
export function upstreamFailure({ stage, kind, error }: UpstreamFault): UpstreamFailure {
  if (kind === 'unsendable') {
    return { code: 'FIG_REQUEST_REFUSED', status: 400, error, message: 'the request cannot be forwarded' };
  }
  const status = kind === 'timeout' ? 504 : kind === 'full' || kind === 'closed' ? 503 : 502;
  if (stage === 'response-body') {
    const message = `the upstream broke off its answer: ${describeError(error)}`;
    return { code: 'FIG_UPSTREAM_RESPONSE_BODY', status, error, message };
  }
  if (stage === 'response-headers') {
    const message =
      kind === 'timeout'
        ? 'the upstream did not answer in time'
        : kind === 'malformed'
          ? 'the upstream did not answer in proper HTTP'
          : 'the upstream closed the connection before it answered';
    return { code: 'FIG_UPSTREAM_RESPONSE_HEADERS', status, error, message };
  }
  const message =
    kind === 'timeout'
      ? 'the upstream did not accept a connection in time'
      : kind === 'full'
        ? 'too many requests wait for the upstream'
        : 'no connection to the upstream could be made';
  return { code: 'FIG_UPSTREAM_CONNECT', status, error, message };
}
