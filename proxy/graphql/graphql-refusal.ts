/** Why a POST on a path with GraphQL routes is not a declared query, so that legacy gets it untouched. Each is a metric label. */
export type GraphqlRefusal =
  /** Its head says that it is not for us to read: its type, its coding, what it expects, or its parameters. */
  | 'graphql-not-read'
  /** The body is larger than `limits.queryBodyBytes`, or too many such bodies are held already. */
  | 'graphql-too-large'
  /** The body did not arrive soon enough to be waited for. */
  | 'graphql-too-slow'
  /** Several requests in one. */
  | 'graphql-batch'
  /** The server is to execute a document that it knows by a hash or an id. */
  | 'graphql-persisted'
  /** Two servers could execute different operations. */
  | 'graphql-ambiguous'
  /** No server could execute it. */
  | 'graphql-invalid'
  /** Longer or deeper than what is looked into. */
  | 'graphql-too-complex'
  /** A mutation or a subscription. */
  | 'graphql-not-a-query';
