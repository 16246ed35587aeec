import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { ReloadOutcome } from '../app/control.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import type { CliContext } from './io.ts';

export function reloadCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('reload')
    .description('have a running fig read its config file again, without dropping a connection')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Taken over at once: limits, fenceBudgetMs, listen.drainDelayMs, listen.stopGraceMs and the features' rules of cutover.
When anything else changed, or the file is not valid, nothing is taken over and the error says why. SIGHUP to a fig that
has no terminal does the same.

Examples:
  $ fig reload
  $ kill -HUP $(jq .pid .fig/run.json)
${exitCodesHelp}`,
    )
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.reload();
      io.stdout.write(options.json ? `${json}\n` : `${renderReload(value)}\n`);
    });
}

/** One sentence on what a reload changed. */
export function renderReload({ changed }: ReloadOutcome): string {
  return changed.length === 0 ? 'Nothing has changed in the config.' : `Changed: ${changed.join(', ')}.`;
}
