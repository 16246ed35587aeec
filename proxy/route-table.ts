import findMyWay from 'find-my-way';
import type { HTTPVersion, Instance } from 'find-my-way';
import { FigError, describeError } from '../src/kernel/fig-error.ts';
import { readPath, type PathReading } from './request-path.ts';

export interface RoutedFeature {
  readonly name: string;
  readonly routes: readonly { readonly route: string; readonly method: string; readonly path: string }[];
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
}

type StoredRoute = Omit<RouteMatch, 'params' | 'isAmbiguous'>;

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
    for (const feature of features) {
      for (const { route, method, path } of feature.routes) {
        const stored: StoredRoute = { feature: feature.name, route, candidateTimeoutMs: feature.candidateTimeoutMs };
        try {
          this.#router.on(routable(method), path, unused, stored);
        } catch (error) {
          throw new FigError('FIG_CONFIG_INVALID', `the route ${route} cannot be matched: ${describeError(error)}`, {
            cause: error,
          });
        }
      }
    }
  }

  /**
   * `target` is path and query as received. A HEAD does not match a GET route. A path that is not spelled as every reader
   * understands it is matched by its normal form, and the match is marked as ambiguous.
   */
  match(method: string, target: string): RouteMatch | undefined {
    if (this.#isEmpty) return undefined;
    const known = routableMethods.find((each) => each === method);
    if (known === undefined) return undefined;
    const { path, normal, isClear } = readPath(target);
    const found = isClear ? this.#find(known, path) : undefined;
    if (found === undefined) return this.#ambiguous(known, { path, normal, isClear });
    // An escaped delimiter is data to this route, but a reader that undoes it first may see another one.
    const isSame = path === normal || this.#find(known, normal)?.route === found.route;
    return isSame ? found : { ...found, isAmbiguous: true };
  }

  /** The route that a reader may see who takes the path for its normal form, minds no slash at the end, or decodes late. */
  #ambiguous(method: RoutableMethod, { path, normal, isClear }: PathReading): RouteMatch | undefined {
    const readings: string[] = [];
    if (path !== normal) readings.push(normal);
    if (normal.endsWith('/')) readings.push(normal.slice(0, -1));
    else if (this.#hasFolders) readings.push(`${normal}/`);
    if (!isClear && path.startsWith('/')) readings.push(path);
    for (const reading of readings) {
      const found = reading === '' ? undefined : this.#find(method, reading);
      if (found) return { ...found, isAmbiguous: true };
    }
    return undefined;
  }

  #find(method: RoutableMethod, path: string): RouteMatch | undefined {
    const found = this.#router.find(method, path);
    if (!found) return undefined;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(found.params)) {
      // Legacy frameworks read `/orders/` as the list, never as the order whose id is empty.
      if (value === undefined || value === '') return undefined;
      params[name] = value;
    }
    const stored: StoredRoute = found.store;
    return { ...stored, params, isAmbiguous: false };
  }
}

type RoutableMethod = (typeof routableMethods)[number];

function routable(method: string): RoutableMethod {
  const known = routableMethods.find((each) => each === method);
  if (known === undefined) throw new RangeError(`${method} is not a method that can be routed`);
  return known;
}

/** The router wants a handler for every route; ours are found, never called. */
function unused(): void {}
