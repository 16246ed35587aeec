import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { FigError } from '../kernel/fig-error.ts';
import { connectAdmin } from './find-admin.ts';
import { exitCodeOf, transitionExitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderOutcome } from './render-outcome.ts';
import { whoAsks } from './who.ts';

export function promoteCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('promote')
    .description('move a feature one step forward, if its gate lets it')
    .argument('<feature>', 'name of the feature')
    .requiredOption('--reads', 'move its reads: legacy > shadow > canary > live')
    .option('--why <text>', 'kept in the audit')
    .option('--force', 'pass over the gate; needs --why (a read model that is not ready still refuses)')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
The audit keeps who asked: the user of the operating system, or FIG_USER.

Examples:
  $ fig promote orders --reads
  $ fig promote orders --reads --force --why "low traffic, checked by hand"
${transitionExitCodesHelp}`,
    )
    .action(async (feature, options) => {
      if (options.force && (options.why ?? '').trim() === '') {
        throw new FigError('FIG_WHY_REQUIRED', 'a forced promotion must say why');
      }
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.promote(feature, {
        who: whoAsks(io.env),
        why: options.why,
        force: options.force,
      });
      io.stdout.write(options.json ? `${json}\n` : renderOutcome(value, paletteFor(io.stdout, io.env)));
      context.exitCode = exitCodeOf(value);
    });
}
