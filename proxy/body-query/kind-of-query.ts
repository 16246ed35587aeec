import { headerValue, type QueryInBody } from '../../src/kernel/exchange.ts';
import { namesMethod } from '../../src/kernel/method-field.ts';
import { operationInBody } from '../graphql/operation-in-body.ts';
import { isHeadReadable } from '../graphql/readable-head.ts';
import { routeOfOperation, type RouteMatch } from '../route-table.ts';
import { isDeclaredHeadReadable } from './declared-query.ts';
import type { RequestHead } from './plain-head.ts';
import type { QueryRefusal } from './query-refusal.ts';

// Nothing here does I/O.

export type FoundQuery =
  | { readonly match: RouteMatch; readonly query: QueryInBody }
  | { readonly refusal: QueryRefusal }
  /** It may be one, and is none of a declared route. */
  | 'none';

/** How a body is found to be a query. */
export interface KindOfQuery {
  /** Whether the body may be read before it is known who gets it. */
  isReadable(head: RequestHead, match: RouteMatch): boolean;
  find(head: RequestHead, match: RouteMatch, body: Uint8Array): FoundQuery;
  readonly notRead: QueryRefusal;
  readonly tooLarge: QueryRefusal;
  readonly tooSlow: QueryRefusal;
}

/** What the body must say for the route to be known; undefined: there is nothing to look for in it. */
export function kindOfQuery({ byOperation, isQuery }: RouteMatch): KindOfQuery | undefined {
  if (byOperation !== undefined) return graphql;
  return isQuery === true ? declared : undefined;
}

const graphql: KindOfQuery = {
  isReadable: (head, match) => isHeadReadable(head, parametersOf(match)),
  find: (_head, match, body) => {
    const found = operationInBody(body);
    if (found.kind === 'refused') return { refusal: found.reason };
    const route = routeOfOperation(match, found.name);
    if (route === undefined || found.name === undefined) return 'none';
    return { match: route, query: { operation: found.name, body } };
  },
  notRead: 'graphql-not-read',
  tooLarge: 'graphql-too-large',
  tooSlow: 'graphql-too-slow',
};

/** The config says of the route that it reads, whatever the body is. */
const declared: KindOfQuery = {
  isReadable: isDeclaredHeadReadable,
  find: (head, match, body) =>
    namesMethod(body, headerValue(head.forwarded, 'content-type'))
      ? { refusal: 'query-not-read' }
      : { match, query: { operation: undefined, body } },
  notRead: 'query-not-read',
  tooLarge: 'query-too-large',
  tooSlow: 'query-too-slow',
};

/** The parameters that the routes have conditions about. */
function parametersOf({ byOperation = [] }: RouteMatch): ReadonlySet<string> {
  return new Set(byOperation.flatMap(({ when }) => Object.keys(when?.query ?? {})));
}
