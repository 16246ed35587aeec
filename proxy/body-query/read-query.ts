import type { QueryInBody, RawHeaders } from '../../src/kernel/exchange.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Load } from '../load.ts';
import type { RouteMatch } from '../route-table.ts';
import type { WatchedUpload } from '../upload-watch.ts';
import type { HeldBody } from './held-bodies.ts';
import type { KindOfQuery } from './kind-of-query.ts';
import type { QueryRefusal } from './query-refusal.ts';
import { readAhead, type SentAhead } from './read-ahead.ts';

/** A body that is worth waiting for comes with its head or right behind it. */
const READ_AHEAD_MS = 1_000;

/** What is known of a request once its body has been looked at. */
export interface QueryRead {
  /** The route that it belongs to. */
  readonly match: RouteMatch | undefined;
  /** Set with `match`: what is asked. */
  readonly query: QueryInBody | undefined;
  /** Why it is not known to be a query, or is none that reads. */
  readonly refusal: QueryRefusal | undefined;
  /** What legacy is to be sent first, and who watches over the rest. */
  readonly ahead: (SentAhead & { readonly upload: WatchedUpload }) | undefined;
  /** The wait for the body ended with the request. */
  readonly over: 'gone' | 'broken' | undefined;
}

const nothing: QueryRead = {
  match: undefined,
  query: undefined,
  refusal: undefined,
  ahead: undefined,
  over: undefined,
};

/**
 * Reads the body of a request whose route that depends on, as far as it may be read. `forwarded` are its headers as legacy
 * gets them. Never rejects.
 */
export async function readQuery(
  client: ClientRequest,
  forwarded: RawHeaders,
  match: RouteMatch,
  kind: KindOfQuery,
  { limits, uploads }: Load,
  { hold, release }: HeldBody,
): Promise<QueryRead> {
  const { req, gone, hasBody, target } = client;
  const head = { target, forwarded, headers: req.headers, hasBody };
  if (!kind.isReadable(head, match)) return refused(kind.notRead);
  if (!hasBody) return found(kind, head, match, new Uint8Array());
  if (gone.aborted) return { ...nothing, over: 'gone' };
  const limitBytes = limits.queryBodyBytes;
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return refused(kind.tooLarge);
  const upload = uploads.watch(req);
  const { end, ...body } = await readAhead({ req, gone, upload, limitBytes, timeoutMs: READ_AHEAD_MS, hold });
  const ahead = { ...body, release, upload };
  if (end === 'gone' || end === 'broken') return { ...nothing, ahead, over: end };
  if (end !== 'whole') return { ...refused(end === 'too-large' ? kind.tooLarge : kind.tooSlow), ahead };
  // Trailers were not announced, and a candidate would not be told of them.
  if (req.rawTrailers.length > 0) return { ...refused(kind.notRead), ahead };
  return { ...found(kind, head, match, Buffer.concat(body.chunks)), ahead };
}

function found(
  kind: KindOfQuery,
  head: Parameters<KindOfQuery['find']>[0],
  match: RouteMatch,
  body: Uint8Array,
): QueryRead {
  const query = kind.find(head, match, body);
  return query === 'none' ? nothing : { ...nothing, ...query };
}

function refused(refusal: QueryRefusal): QueryRead {
  return { ...nothing, refusal };
}
