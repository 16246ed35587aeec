import type { HttpQuestion } from '../src/kernel/exchange.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import type { ClientRequest } from './client-request.ts';
import type { QueryRefusal } from './body-query/query-refusal.ts';
import type { QueryRead } from './body-query/read-query.ts';
import { fenceNoteIn, type FenceNote } from './fence-cookie.ts';
import type { ProxyParts } from './proxy-parts.ts';
import { withRequestId } from './request-id.ts';
import type { RouteMatch } from './route-table.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import { namedVisitorOf, visitorOf } from './visitor.ts';

/** A request and what has been found out about it. What only some requests need is found out when it is asked for. */
export class Asked {
  readonly client: ClientRequest;
  readonly method: string;
  readonly hasBody: boolean;
  /** As legacy, candidate and shadow get them. */
  readonly headers: string[];
  readonly #parts: ProxyParts;
  #routing: RoutingSnapshot;
  #match: RouteMatch | undefined;
  #read: QueryRead | undefined;
  #visitor: string | undefined;
  #note: FenceNote | undefined;
  #hasNote = false;

  constructor(parts: ProxyParts, client: ClientRequest) {
    const { rawHeaders, httpVersion } = client.req;
    this.#parts = parts;
    this.client = client;
    this.method = client.method;
    this.hasBody = client.hasBody;
    this.#routing = this.#presentRouting();
    this.headers = withRequestId(
      upstreamHeaders(rawHeaders, client.origin, parts.identity, httpVersion),
      client.req,
      client.id,
    );
    this.#match = parts.routes.match(client.method, client.target, rawHeaders, this.headers);
  }

  get routing(): RoutingSnapshot {
    return this.#routing;
  }

  get match(): RouteMatch | undefined {
    return this.#match;
  }

  /** What was read of the body to learn what it asks; undefined for nearly all requests. */
  get read(): QueryRead | undefined {
    return this.#read;
  }

  get isQuery(): boolean {
    return this.#read?.query !== undefined;
  }

  get refusal(): QueryRefusal | undefined {
    return this.#read?.refusal;
  }

  /** As candidate and shadow are asked it. */
  get question(): HttpQuestion {
    const { method, target } = this.client;
    return { method, target, headers: this.headers, query: this.#read?.query };
  }

  /** Takes in what the body says of the route. The phases may have changed while it was waited for. */
  settle(read: QueryRead): void {
    this.#read = read;
    this.#match = read.match;
    this.#routing = this.#presentRouting();
  }

  get visitor(): string {
    this.#visitor ??= visitorOf(this.#parts.visitor, this.client.req.rawHeaders, this.client.origin.address);
    return this.#visitor;
  }

  get namedVisitor(): string | undefined {
    return namedVisitorOf(this.#parts.visitor, this.client.req.rawHeaders);
  }

  /** What the visitor carries about their last write. */
  get note(): FenceNote | undefined {
    if (!this.#hasNote) {
      this.#hasNote = true;
      this.#note = fenceNoteIn(this.#parts.fenceSecret, this.client.req.headers.cookie);
    }
    return this.#note;
  }

  #presentRouting(): RoutingSnapshot {
    const { routing, ownWrites, breakers } = this.#parts;
    const present = routing();
    ownWrites.learn(present);
    breakers.learn(present);
    return present;
  }

  isBreakerOpen(feature: string): boolean {
    return this.#parts.breakers.isOpen(feature);
  }
}
