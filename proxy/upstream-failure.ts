import type { ErrorCode } from '../src/kernel/error-codes.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { UpstreamFault } from './upstream/upstream-exchange.ts';

/** Where a request went wrong: told to the user and in the log. */
export interface FaultPlace {
  readonly phase: 'request-headers' | 'queue' | 'connect' | 'request-body' | 'response-headers' | 'response-body';
  readonly side: 'client' | 'upstream' | 'proxy';
  readonly cause: 'timeout' | 'cut' | 'protocol' | 'overload' | 'stopping';
}

/** What went wrong with the upstream, on which side and when. */
export interface UpstreamFailure {
  readonly code: ErrorCode;
  /** The status the client gets, if its answer has not begun. */
  readonly status: number;
  readonly error: unknown;
  readonly message: string;
  readonly place: FaultPlace;
}

interface Told {
  readonly code: ErrorCode;
  readonly message: string;
}

const cuts: Readonly<Record<UpstreamFault['stage'], Told>> = {
  queue: { code: 'FIG_UPSTREAM_CONNECT', message: 'no connection to the upstream could be had' },
  connect: { code: 'FIG_UPSTREAM_CONNECT', message: 'no connection to the upstream could be made' },
  'request-body': {
    code: 'FIG_UPSTREAM_REQUEST_BODY',
    message: 'the upstream closed the connection while it was being sent the request',
  },
  'response-headers': {
    code: 'FIG_UPSTREAM_RESPONSE_HEADERS',
    message: 'the upstream closed the connection before it answered',
  },
  'response-body': { code: 'FIG_UPSTREAM_RESPONSE_BODY', message: 'the upstream broke off its answer' },
};

const timeouts: Readonly<Record<UpstreamFault['stage'], Told>> = {
  queue: { code: 'FIG_UPSTREAM_CONNECT_TIMEOUT', message: 'no connection to the upstream was free in time' },
  connect: { code: 'FIG_UPSTREAM_CONNECT_TIMEOUT', message: 'the upstream did not accept a connection in time' },
  'request-body': {
    code: 'FIG_UPSTREAM_REQUEST_BODY_TIMEOUT',
    message: 'the upstream did not take in the request in time',
  },
  'response-headers': {
    code: 'FIG_UPSTREAM_RESPONSE_HEADERS_TIMEOUT',
    message: 'the upstream did not answer in time',
  },
  'response-body': {
    code: 'FIG_UPSTREAM_RESPONSE_BODY_TIMEOUT',
    message: 'the upstream was silent for too long in the middle of its answer',
  },
};

/** Names a failure by its stage and its cause. */
export function upstreamFailure(fault: UpstreamFault): UpstreamFailure {
  const { stage, kind, error } = fault;
  if (kind === 'unsendable') {
    const place = { phase: 'request-headers', side: 'client', cause: 'protocol' } as const;
    const message = 'the request cannot be forwarded';
    return { code: 'FIG_REQUEST_REFUSED', status: 400, error, message, place };
  }
  const { code, message } = told(fault);
  const side = kind === 'full' || kind === 'closed' ? 'proxy' : 'upstream';
  return { code, message, status: statusOf(kind), error, place: { phase: stage, side, cause: causeOf(kind) } };
}

function told({ stage, kind, error }: UpstreamFault): Told {
  switch (kind) {
    case 'timeout':
      return timeouts[stage];
    case 'overtime':
      return { code: 'FIG_UPSTREAM_TOTAL_TIMEOUT', message: 'the time for the whole request is over' };
    case 'full':
      return { code: cuts[stage].code, message: 'too many requests wait for the upstream' };
    case 'malformed':
      return { code: malformedCode(stage), message: 'the upstream did not answer in proper HTTP' };
    default:
      // In the middle of a body there is nobody to be told but the log, which wants to know all.
      return stage === 'response-body'
        ? { code: cuts[stage].code, message: `${cuts[stage].message}: ${describeError(error)}` }
        : cuts[stage];
  }
}

function malformedCode(stage: UpstreamFault['stage']): ErrorCode {
  return stage === 'response-body' ? 'FIG_UPSTREAM_RESPONSE_BODY' : 'FIG_UPSTREAM_RESPONSE_HEADERS';
}

function statusOf(kind: UpstreamFault['kind']): number {
  if (kind === 'timeout' || kind === 'overtime') return 504;
  return kind === 'full' || kind === 'closed' ? 503 : 502;
}

function causeOf(kind: UpstreamFault['kind']): FaultPlace['cause'] {
  switch (kind) {
    case 'timeout':
    case 'overtime':
      return 'timeout';
    case 'malformed':
      return 'protocol';
    case 'full':
      return 'overload';
    case 'closed':
      return 'stopping';
    default:
      return 'cut';
  }
}
