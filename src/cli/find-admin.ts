import { readRunFile } from '../app/starting/run-file.ts';
import { FigError } from '../kernel/fig-error.ts';
import { createAdminClient, type AdminClient } from './admin-client.ts';
import type { CliIo } from './io.ts';

/**
 * The address of the admin server: --admin, else FIG_ADMIN_URL, else what the fig that runs in this folder wrote down.
 * Throws FIG_NOT_RUNNING when there is none, FIG_USAGE when it is no URL.
 */
async function findAdmin(option: string | undefined, io: Pick<CliIo, 'env' | 'cwd'>): Promise<URL> {
  const named = option ?? io.env['FIG_ADMIN_URL'];
  if (named !== undefined && named !== '') return parseAdmin(named, option === undefined ? 'FIG_ADMIN_URL' : '--admin');
  const run = await readRunFile(io.cwd);
  if (run !== undefined) return parseAdmin(run.admin, '.fig/run.json');
  throw new FigError('FIG_NOT_RUNNING', `no fig runs in ${io.cwd}`);
}

/** A client for it. FIG_ADMIN_TOKEN is sent along when it is set. */
export async function connectAdmin(option: string | undefined, io: Pick<CliIo, 'env' | 'cwd'>): Promise<AdminClient> {
  return createAdminClient(await findAdmin(option, io), io.env['FIG_ADMIN_TOKEN']);
}

function parseAdmin(text: string, source: string): URL {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new FigError('FIG_USAGE', `${source} is not a URL: ${JSON.stringify(text)}`);
  return new URL(full);
}
