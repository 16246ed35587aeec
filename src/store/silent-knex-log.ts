const ignore = (): void => undefined;

/** knex would write broken connections to stdout, in colour; whoever asked gets the error, and tells it in our log. */
export const silentKnexLog = { warn: ignore, error: ignore, debug: ignore, deprecate: ignore };
