import type { GraphqlRefusal } from '../graphql/graphql-refusal.ts';

/** Why a POST on a path that is declared to be a query is none to us, so that legacy gets it untouched. Each is a metric label. */
export type QueryRefusal =
  | GraphqlRefusal
  /** Its head or its body says that it is not for us to read: a coding, an expectation, trailers, another method in disguise. */
  | 'query-not-read'
  /** The body is larger than `limits.queryBodyBytes`, or too many such bodies are held already. */
  | 'query-too-large'
  /** The body did not arrive soon enough to be waited for. */
  | 'query-too-slow';
