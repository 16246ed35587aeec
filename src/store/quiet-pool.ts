/**
 * For every pool: knex would write each failed connection to stdout with its stack, thousands of times while a database is
 * away. Whoever asked gets the error, and tells it.
 */
export const quietLog = { warn: ignore, error: ignore, debug: ignore, deprecate: ignore };

function ignore(): void {}
