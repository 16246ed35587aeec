import findMyWay from 'find-my-way';
import type { HTTPVersion, Instance } from 'find-my-way';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import { FigError, describeError } from '../src/kernel/fig-error.ts';
import { checkConditions, isOperationMet, type ConditionSubject, type RouteConditions } from './route-conditions.ts';
import { readPath, type PathReading } from './request-path.ts';

export interface RoutedFeature {
  readonly name: string;
  readonly routes: readonly {
    readonly route: string;
    readonly method: string;
    readonly path: string;
    readonly when?: RouteConditions | undefined;
    readonly isQuery?: boolean | undefined;
  }[];
  readonly candidateTimeoutMs: number;
}

export interface RouteMatch {
  readonly feature: string;
  /** As written in the config, e.g. `GET /api/orders/:id`. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly candidateTimeoutMs: number;
  /** The path only amounts to the route when it is tidied up: who reads it otherwise may see another one. */
  readonly isAmbiguous: boolean;
  /** The GraphQL operation in the body decides which of these it is, if any; until then it stands for the first. */
  readonly byOperation?: readonly StoredRoute[] | undefined;
  /** A POST that is declared to read: what it asks is in its body. */
  readonly isQuery?: boolean | undefined;
}

export type StoredRoute = Omit<RouteMatch, 'params' | 'isAmbiguous' | 'byOperation'> & {
  readonly when: RouteConditions | undefined;
};

const MAX_PARAM_LENGTH = 1_024;
const routableMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Finds the route of a request. Throws FIG_CONFIG_INVALID for a path that cannot be a route. */
export class RouteTable {
  readonly #router: Instance<HTTPVersion.V1>;
  readonly #isEmpty: boolean;
  readonly #hasFolders: boolean;

  constructor(features: readonly RoutedFeature[]) {
    const paths = features.flatMap(({ routes }) => routes.map(({ path }) => path));
    this.#isEmpty = paths.length === 0;
    this.#hasFolders = paths.some((path) => path.length > 1 && path.endsWith('/'));
    this.#router = findMyWay({ caseSensitive: true, maxParamLength: MAX_PARAM_LENGTH });
    // The router takes a path once; routes that differ in their conditions only share its entry.
    const shared = new Map<string, StoredRoute[]>();
    for (const feature of features) {
      for (const { route, method, path, when, isQuery } of feature.routes) {
        const { name, candidateTimeoutMs } = feature;
        const stored: StoredRoute = { feature: name, route, candidateTimeoutMs, when, ...(isQuery && { isQuery }) };
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
          this.#router.on(routed(method), path, unused, entry);
        } catch (error) {
          throw new FigError('FIG_CONFIG_INVALID', `the route ${route} cannot be matched: ${describeError(error)}`, {
            cause: error,
          });
        }
      }
    }
  }

  /**
   * `target` is path and query as received, `headers` too; `forwarded` are those that legacy gets. A HEAD does not match a GET route. A path that is not spelled as every reader
   * understands it is matched by its normal form, and the match is marked as ambiguous.
   */
  match(method: string, target: string, headers: RawHeaders = [], forwarded = headers): RouteMatch | undefined {
    if (this.#isEmpty) return undefined;
    if (!isRoutable(method)) return undefined;
    const subject = { target, headers, forwarded };
    const { path, normal, isClear } = readPath(target);
    const found = isClear ? this.#find(method, path, subject) : undefined;
    if (found === undefined) return this.#ambiguous(method, { path, normal, isClear }, subject);
    // An escaped delimiter is data to this route, but a reader that undoes it first may see another one.
    const isSame = path === normal || this.#find(method, normal, subject)?.route === found.route;
    return isSame ? found : { ...found, isAmbiguous: true };
  }

  /** The route that a reader may see who takes the path for its normal form, minds no slash at the end, or decodes late. */
  #ambiguous(
    method: RoutableMethod,
    { path, normal, isClear }: PathReading,
    subject: ConditionSubject,
  ): RouteMatch | undefined {
    const readings: string[] = [];
    if (path !== normal) readings.push(normal);
    if (normal.endsWith('/')) readings.push(normal.slice(0, -1));
    else if (this.#hasFolders) readings.push(`${normal}/`);
    if (!isClear && path.startsWith('/')) readings.push(path);
    for (const reading of readings) {
      const found = reading === '' ? undefined : this.#find(method, reading, subject);
      if (found) return { ...found, isAmbiguous: true };
    }
    return undefined;
  }

  #find(method: RoutableMethod, path: string, subject: ConditionSubject): RouteMatch | undefined {
    const found = this.#router.find(method, path);
    if (!found) return undefined;
    const { params } = found;
    // Legacy frameworks read `/orders/` as the list, never as the order whose id is empty.
    if (!isFilled(params)) return undefined;
    const entry: readonly StoredRoute[] = found.store;
    let byOperation: StoredRoute[] | undefined;
    for (const stored of entry) {
      const { when, feature, route, candidateTimeoutMs, isQuery } = stored;
      const result = when === undefined ? 'met' : checkConditions(when, subject);
      if (result === 'ambiguous') return undefined;
      if (result === 'not-met') continue;
      if (when?.graphql !== undefined) (byOperation ??= []).push(stored);
      else if (byOperation === undefined) {
        return { feature, route, candidateTimeoutMs, params, isAmbiguous: false, ...(isQuery && { isQuery }) };
      }
    }
    const first = byOperation?.[0];
    return first && { ...matchOf(first, params), byOperation };
  }
}

/** The route of a request by the operation that its body asks for. */
export function routeOfOperation(
  { byOperation = [], params }: RouteMatch,
  name: string | undefined,
): RouteMatch | undefined {
  const found = byOperation.find(({ when }) => when?.graphql !== undefined && isOperationMet(when.graphql, name));
  return found && matchOf(found, params);
}

function matchOf({ feature, route, candidateTimeoutMs }: StoredRoute, params: RouteMatch['params']): RouteMatch {
  return { feature, route, candidateTimeoutMs, params, isAmbiguous: false };
}

function isFilled(params: Readonly<Record<string, string | undefined>>): params is Readonly<Record<string, string>> {
  for (const name of Object.keys(params)) if (params[name] === undefined || params[name] === '') return false;
  return true;
}

type RoutableMethod = (typeof routableMethods)[number];
const routable: ReadonlySet<string> = new Set(routableMethods);

function isRoutable(method: string): method is RoutableMethod {
  return routable.has(method);
}

function routed(method: string): RoutableMethod {
  if (!isRoutable(method)) throw new RangeError(`${method} is not a method that can be routed`);
  return method;
}

/** The router wants a handler for every route; ours are found, never called. */
function unused(): void {}
