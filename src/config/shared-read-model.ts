/** A read model that is no copy: its queries run on the legacy database, or on a physical replica of it. */
export interface SharedReadModelDefinition {
  /** Lower case with underscores. */
  readonly name: string;
  /** Raise it whenever the views change: the new ones are made beside the old ones. */
  readonly version: number;
  readonly shared: true;
  /** Connection URL of ONE physical replica. Default: the legacy database itself. */
  readonly database?: string | undefined;
  /** Connections that each pool of query handlers may open. Default 4. */
  readonly connections?: number | undefined;
  /**
   * Views that fig makes in a schema of its own in the legacy database: name to query. A view keeps the legacy app from
   * dropping or changing the columns it reads, so leave it out where the queries can ask the tables themselves.
   */
  readonly views?: Readonly<Record<string, string>> | undefined;
}
