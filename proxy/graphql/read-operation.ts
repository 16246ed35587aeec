import type { GraphqlQuery, RawHeaders } from '../../src/kernel/exchange.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Load } from '../load.ts';
import { routeOfOperation, type RouteMatch } from '../route-table.ts';
import type { WatchedUpload } from '../upload-watch.ts';
import type { GraphqlRefusal } from './graphql-refusal.ts';
import type { HeldBody } from './held-bodies.ts';
import { operationInBody } from './operation-in-body.ts';
import { readAhead, type BodyAhead, type ReadAheadEnd, type SentAhead } from './read-ahead.ts';
import { isHeadReadable } from './readable-head.ts';

/** A body that is worth waiting for comes with its head or right behind it. */
const READ_AHEAD_MS = 1_000;

/** What is known of a request once its body has been looked at. */
export interface OperationRead {
  /** The route that its operation belongs to. */
  readonly match: RouteMatch | undefined;
  /** Set with `match`: what is asked. */
  readonly query: GraphqlQuery | undefined;
  /** Why its operation is not known, or is none that reads. */
  readonly refusal: GraphqlRefusal | undefined;
  /** What legacy is to be sent first, and who watches over the rest. */
  readonly ahead: (SentAhead & { readonly upload: WatchedUpload }) | undefined;
  /** The wait for the body ended with the request. */
  readonly over: 'gone' | 'broken' | undefined;
}

const nothing: OperationRead = {
  match: undefined,
  query: undefined,
  refusal: undefined,
  ahead: undefined,
  over: undefined,
};

/**
 * Finds the route of a request by the operation in its body, as far as that may be read. `forwarded` are its headers as
 * legacy gets them. Never rejects.
 */
export async function readOperation(
  client: ClientRequest,
  forwarded: RawHeaders,
  match: RouteMatch,
  { limits, uploads }: Load,
  { hold, release }: HeldBody,
): Promise<OperationRead> {
  const { req, gone, hasBody, target } = client;
  const { headers } = req;
  if (!isHeadReadable({ target, forwarded, headers, hasBody }, parametersOf(match))) return refused('graphql-not-read');
  if (gone.aborted) return { ...nothing, over: 'gone' };
  const limitBytes = limits.graphqlBodyBytes;
  if (Number(headers['content-length'] ?? 0) > limitBytes) return refused('graphql-too-large');
  const upload = uploads.watch(req);
  const { end, ...body } = await readAhead({ req, gone, upload, limitBytes, timeoutMs: READ_AHEAD_MS, hold });
  const ahead = { ...body, release, upload };
  if (end === 'gone' || end === 'broken') return { ...nothing, ahead, over: end };
  if (end !== 'whole') return { ...refused(refusals[end]), ahead };
  // Trailers were not announced, and a candidate would not be told of them.
  if (req.rawTrailers.length > 0) return { ...refused('graphql-not-read'), ahead };
  return { ...routed(match, body), ahead };
}

const refusals: Readonly<Record<Exclude<ReadAheadEnd, 'whole' | 'gone' | 'broken'>, GraphqlRefusal>> = {
  'too-large': 'graphql-too-large',
  'too-slow': 'graphql-too-slow',
};

function routed(match: RouteMatch, { chunks }: BodyAhead): OperationRead {
  const body = Buffer.concat(chunks);
  const found = operationInBody(body);
  if (found.kind === 'refused') return refused(found.reason);
  const route = routeOfOperation(match, found.name);
  if (route === undefined || found.name === undefined) return nothing;
  return { ...nothing, match: route, query: { operation: found.name, body } };
}

function refused(refusal: GraphqlRefusal): OperationRead {
  return { ...nothing, refusal };
}

/** The parameters that the routes have conditions about. */
function parametersOf({ byOperation = [] }: RouteMatch): ReadonlySet<string> {
  return new Set(byOperation.flatMap(({ when }) => Object.keys(when?.query ?? {})));
}
