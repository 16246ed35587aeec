// Nothing here does I/O.

interface KeyedFeature {
  readonly readModel?: unknown;
  readonly queries?: object | undefined;
  readonly bodyQueries?: object | undefined;
  readonly routes?: readonly unknown[] | undefined;
  readonly keyedBy?: Readonly<Record<string, string>> | undefined;
}

/** What is wrong with the routes that are said to be about one key of the read model. */
export function keyProblems(feature: KeyedFeature): readonly { readonly route: string; readonly message: string }[] {
  const known = [...Object.keys({ ...feature.queries, ...feature.bodyQueries }), ...(feature.routes ?? []).map(textOf)];
  return Object.entries(feature.keyedBy ?? {}).flatMap(([route, parameter]) => {
    const message = problemOf(feature, known, route, parameter);
    return message === undefined ? [] : [{ route, message }];
  });
}

function problemOf(
  { readModel }: KeyedFeature,
  known: readonly unknown[],
  route: string,
  parameter: string,
): string | undefined {
  if (readModel === undefined) return 'a read model whose keys it could hold';
  if (!known.includes(route)) return 'a route of this feature';
  const isThere = route.split('/').includes(`:${parameter}`);
  return isThere ? undefined : `a parameter that is a whole segment of the route, as in /orders/:${parameter}`;
}

function textOf(route: unknown): unknown {
  return typeof route === 'object' && route !== null && 'route' in route ? route.route : route;
}
