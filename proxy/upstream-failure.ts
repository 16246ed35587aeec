import type { ErrorCode } from '../src/kernel/error-codes.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import { errorCodeOf } from './error-code.ts';

/** What went wrong with the upstream, on which side and when. */
export interface UpstreamFailure {
  readonly code: ErrorCode;
  /** The status the client gets, if its answer has not begun. */
  readonly status: number;
  readonly error: unknown;
  readonly message: string;
}

export type UpstreamStage = 'connect' | 'response-headers' | 'response-body';

/** Names a failure by its stage and its cause. */
export function upstreamFailure(stage: UpstreamStage, error: unknown): UpstreamFailure {
  const cause = errorCodeOf(error);
  if (cause === 'UND_ERR_INVALID_ARG' || cause === 'UND_ERR_NOT_SUPPORTED') {
    return { code: 'FIG_REQUEST_REFUSED', status: 400, error, message: 'the request cannot be forwarded' };
  }
  if (stage === 'response-body') {
    const message = `the upstream broke off its answer: ${describeError(error)}`;
    return { code: 'FIG_UPSTREAM_RESPONSE_BODY', status: 502, error, message };
  }
  if (cause === 'UND_ERR_CONNECT_TIMEOUT') {
    return {
      code: 'FIG_UPSTREAM_CONNECT',
      status: 504,
      error,
      message: 'the upstream did not accept a connection in time',
    };
  }
  if (cause === 'UND_ERR_HEADERS_TIMEOUT') {
    return {
      code: 'FIG_UPSTREAM_RESPONSE_HEADERS',
      status: 504,
      error,
      message: 'the upstream did not answer in time',
    };
  }
  return stage === 'connect'
    ? { code: 'FIG_UPSTREAM_CONNECT', status: 502, error, message: 'no connection to the upstream could be made' }
    : {
        code: 'FIG_UPSTREAM_RESPONSE_HEADERS',
        status: 502,
        error,
        message: 'the upstream closed the connection before it answered',
      };
}
