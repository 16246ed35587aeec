import knexModule, { type Knex } from 'knex';
import type { BatchInput, BatchReadModelDefinition } from '../../config/batch-read-model.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { quietLog } from '../../store/quiet-pool.ts';

/** What a load is given, with a pool that is opened when it is first asked for. */
export interface OpenBatchInput extends BatchInput, AsyncDisposable {}

/** One connection at a time: a load must not crowd out the legacy app. */
const MAX_CONNECTIONS = 2;

export function openBatchInput(
  definition: BatchReadModelDefinition,
  legacyDatabase: string | undefined,
  signal: AbortSignal,
): OpenBatchInput {
  let opened: Knex | undefined;
  return {
    signal,
    get db() {
      opened ??= knexModule(connectionOf(definition, legacyDatabase));
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      const closing = opened?.destroy();
      // It waits for queries that are under way, and at a stop nobody wants to know what they give.
      if (signal.aborted) closing?.catch(() => undefined);
      else await closing;
    },
  };
}

function connectionOf({ name, batch }: BatchReadModelDefinition, legacyDatabase: string | undefined): Knex.Config {
  if (batch.database) return { log: quietLog, pool: { min: 0, max: MAX_CONNECTIONS }, ...batch.database };
  if (legacyDatabase !== undefined) {
    const options = '-c default_transaction_read_only=on';
    const connection = { connectionString: legacyDatabase, application_name: 'fig batch', options };
    return { client: 'pg', connection, pool: { min: 0, max: MAX_CONNECTIONS }, log: quietLog };
  }
  throw new FigError('FIG_CONFIG_INVALID', `load of ${name} asks for db, but no database is configured for it`, {
    remedy: 'Set batch.database to how knex connects to the legacy database.',
  });
}
