import { join } from 'node:path';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { describeError, FigError } from '../../kernel/fig-error.ts';
import { openStore } from '../../store/control-store.ts';
import { runningPostgresUrl } from '../embedded-postgres/embedded-postgres.ts';
import type { OpenControlStore } from './open-parties.ts';

/** As configured, or that of the embedded PostgreSQL of the folder; nothing is started to be read. */
async function storeUrlBeside(config: NormalizedConfig, cwd: string): Promise<string> {
  if (config.store !== undefined) return config.store;
  const url = await runningPostgresUrl(join(cwd, '.fig', 'postgres'), 'fig');
  if (url !== undefined) return url;
  throw new FigError('FIG_NOT_RUNNING', `the control store of ${config.name} does not run in ${cwd}`, {
    remedy: 'Start `fig up` there, or set FIG_DATABASE_URL.',
  });
}

/**
 * The control store for a command beside a running fig; destroy its pool. Throws FIG_NOT_RUNNING, and FIG_STORE_UNREACHABLE also
 * where no fig has ever used it.
 */
export async function openControlStore(config: NormalizedConfig, cwd: string): Promise<OpenControlStore> {
  const url = await storeUrlBeside(config, cwd);
  const knex = openStore(url, { applicationName: 'fig replay', max: 2 });
  try {
    await knex.raw('SELECT FROM fig.setting LIMIT 0');
  } catch (error) {
    await knex.destroy();
    throw new FigError('FIG_STORE_UNREACHABLE', `the control store cannot be read: ${describeError(error)}`, {
      cause: error,
    });
  }
  return { url, knex };
}
