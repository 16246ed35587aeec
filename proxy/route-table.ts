import findMyWay from 'find-my-way';
import type { HTTPVersion, Instance } from 'find-my-way';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import { FigError, describeError } from '../src/kernel/fig-error.ts';
import { checkConditions, type RouteConditions } from './route-conditions.ts';

export interface RoutedFeature {
  readonly name: string;
  readonly routes: readonly {
    readonly route: string;
    readonly method: string;
    readonly path: string;
    readonly when?: RouteConditions | undefined;
  }[];
  readonly candidateTimeoutMs: number;
}

export interface RouteMatch {
  readonly feature: string;
  /** As written in the config, e.g. `GET /api/orders/:id`. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly candidateTimeoutMs: number;
}

type StoredRoute = Omit<RouteMatch, 'params'> & { readonly when: RouteConditions | undefined };

const MAX_PARAM_LENGTH = 1_024;
const routableMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * Paths that two readers may understand differently: encoded slash, backslash, NUL, ? # or ;, a raw backslash, # or ;,
 * empty and dot segments, anything that is not ASCII. They belong to no route, so legacy answers them as it always did.
 */
const ambiguousPath = /%2f|%5c|%00|%3f|%23|%3b|[\\#;]|\/\/|\/(?:\.|%2e){1,2}(?:\/|$)|[^\x21-\x7e]/i;

/** Finds the route of a request. Throws FIG_CONFIG_INVALID for a path that cannot be a route. */
export class RouteTable {
  readonly #router: Instance<HTTPVersion.V1>;

  constructor(features: readonly RoutedFeature[]) {
    this.#router = findMyWay({ caseSensitive: true, maxParamLength: MAX_PARAM_LENGTH });
    // The router takes a path once; routes that differ in their conditions only share its entry.
    const shared = new Map<string, StoredRoute[]>();
    for (const feature of features) {
      for (const { route, method, path, when } of feature.routes) {
        const { name, candidateTimeoutMs } = feature;
        const stored: StoredRoute = { feature: name, route, candidateTimeoutMs, when };
        const place = `${method} ${path}`;
        const others = shared.get(place);
        if (others && (when !== undefined || others.every((other) => other.when !== undefined))) {
          others.push(stored);
          // Whoever asks for less comes last.
          others.sort((a, b) => Number(a.when === undefined) - Number(b.when === undefined));
          continue;
        }
        const entry = [stored];
        shared.set(place, entry);
        try {
          this.#router.on(routable(method), path, unused, entry);
        } catch (error) {
          throw new FigError('FIG_CONFIG_INVALID', `the route ${route} cannot be matched: ${describeError(error)}`, {
            cause: error,
          });
        }
      }
    }
  }

  /** `target` is path and query as received. A HEAD does not match a GET route. */
  match(method: string, target: string, headers: RawHeaders = []): RouteMatch | undefined {
    const path = pathOf(target);
    if (!path.startsWith('/') || ambiguousPath.test(path)) return undefined;
    const known = routableMethods.find((each) => each === method);
    const found = known && this.#router.find(known, path);
    if (!found) return undefined;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(found.params)) {
      // Legacy frameworks read `/orders/` as the list, never as the order whose id is empty.
      if (value === undefined || value === '') return undefined;
      params[name] = value;
    }
    const entry: readonly StoredRoute[] = found.store;
    for (const { when, ...route } of entry) {
      const result = when === undefined ? 'met' : checkConditions(when, { target, headers });
      if (result === 'ambiguous') return undefined;
      if (result === 'met') return { ...route, params };
    }
    return undefined;
  }
}

/** The target without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function routable(method: string): (typeof routableMethods)[number] {
  const known = routableMethods.find((each) => each === method);
  if (known === undefined) throw new RangeError(`${method} is not a method that can be routed`);
  return known;
}

/** The router wants a handler for every route; ours are found, never called. */
function unused(): void {}
