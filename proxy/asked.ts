import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import type { ClientRequest } from './client-request.ts';
import { fenceNoteIn, type FenceNote } from './fence-cookie.ts';
import type { ProxyParts } from './proxy-parts.ts';
import { withRequestId } from './request-id.ts';
import type { RouteMatch } from './route-table.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import { visitorOf } from './visitor.ts';

/** A request and what has been found out about it. What only some requests need is found out when it is asked for. */
export class Asked {
  readonly client: ClientRequest;
  readonly method: string;
  readonly hasBody: boolean;
  readonly match: RouteMatch | undefined;
  readonly routing: RoutingSnapshot;
  /** As legacy, candidate and shadow get them. */
  readonly headers: string[];
  readonly #parts: ProxyParts;
  #visitor: string | undefined;
  #note: FenceNote | undefined;
  #hasNote = false;

  constructor(parts: ProxyParts, client: ClientRequest) {
    const { rawHeaders, httpVersion } = client.req;
    this.#parts = parts;
    this.client = client;
    this.method = client.method;
    this.hasBody = client.hasBody;
    this.routing = parts.routing();
    parts.ownWrites.learn(this.routing);
    parts.breakers.learn(this.routing);
    this.headers = withRequestId(
      upstreamHeaders(rawHeaders, client.origin, parts.identity, httpVersion),
      client.req,
      client.id,
    );
    this.match = parts.routes.match(client.method, client.target, rawHeaders, this.headers);
  }

  get visitor(): string {
    this.#visitor ??= visitorOf(this.#parts.visitor, this.client.req.rawHeaders, this.client.origin.address);
    return this.#visitor;
  }

  /** What the visitor carries about their last write. */
  get note(): FenceNote | undefined {
    if (!this.#hasNote) {
      this.#hasNote = true;
      this.#note = fenceNoteIn(this.#parts.fenceSecret, this.client.req.headers.cookie, this.client.askedAt);
    }
    return this.#note;
  }

  isBreakerOpen(feature: string): boolean {
    return this.#parts.breakers.isOpen(feature);
  }
}
