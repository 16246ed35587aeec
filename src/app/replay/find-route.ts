import { operationInBody } from '../../../proxy/graphql/operation-in-body.ts';
import { routeOfOperation, RouteTable } from '../../../proxy/route-table.ts';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import type { HttpQuestion } from '../../kernel/exchange.ts';

/** A question, and the route of the config that it belongs to. */
export interface RoutedQuestion {
  readonly feature: string;
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly question: HttpQuestion;
}

/** Why a question is nobody's. */
export type NoRoute = 'no-route' | 'method';

/** Finds routes as the proxy does: a GET, a HEAD, or the query in a POST body that a route of the config declares. No I/O. */
export function routeFinder(
  features: readonly Pick<NormalizedFeature, 'name' | 'routes' | 'candidateTimeoutMs'>[],
): (question: HttpQuestion, body: Uint8Array | undefined) => RoutedQuestion | NoRoute {
  const table = new RouteTable(features);
  return (question, body) => {
    const { method, target, headers } = question;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return 'method';
    const match = table.match(method, target, headers);
    if (match === undefined || match.isAmbiguous) return method === 'POST' ? 'method' : 'no-route';
    if (method !== 'POST') {
      const { feature, route, params, byOperation } = match;
      return byOperation === undefined ? { feature, route, params, question } : 'no-route';
    }
    if (body !== undefined && match.isQuery === true) {
      const { feature, route, params } = match;
      return { feature, route, params, question: { ...question, query: { operation: undefined, body } } };
    }
    const operation = body && operationInBody(body);
    if (body === undefined || operation?.kind !== 'query' || operation.name === undefined) return 'method';
    const found = routeOfOperation(match, operation.name);
    if (found === undefined) return 'no-route';
    const { feature, route, params } = found;
    return { feature, route, params, question: { ...question, query: { operation: operation.name, body } } };
  };
}
