import { join } from 'node:path';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { runningPostgresUrl } from '../embedded-postgres/embedded-postgres.ts';

/**
 * The URL of the control store for a command beside a running fig: as configured, or that of the embedded PostgreSQL of the
 * folder. Throws FIG_NOT_RUNNING where that does not run: nothing is started to be read.
 */
export async function storeUrlBeside(config: NormalizedConfig, cwd: string): Promise<string> {
  if (config.store !== undefined) return config.store;
  const url = await runningPostgresUrl(join(cwd, '.fig', 'postgres'), 'fig');
  if (url !== undefined) return url;
  throw new FigError('FIG_NOT_RUNNING', `the control store of ${config.name} does not run in ${cwd}`, {
    remedy: 'Start `fig up` there, or set FIG_DATABASE_URL.',
  });
}
