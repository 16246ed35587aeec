import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { connectAdmin } from './find-admin.ts';
import { exitCodeOf, transitionExitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderOutcome } from './render-outcome.ts';
import { whoAsks } from './who.ts';

export function rollbackCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('rollback')
    .description('send the reads of a feature back to legacy, from any phase, at once')
    .argument('<feature>', 'name of the feature')
    .requiredOption('--reads', 'send its reads back')
    .requiredOption('--why <text>', 'kept in the audit')
    .addOption(
      new Option('--to <phase>', 'where to (default: shadow from canary and live, legacy from shadow)').choices([
        'legacy',
        'shadow',
      ] as const),
    )
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
The audit keeps who asked: the user of the operating system, or FIG_USER.

Examples:
  $ fig rollback orders --reads --why "prices look wrong"
  $ fig rollback orders --reads --to legacy --why "load on the database"
${transitionExitCodesHelp}`,
    )
    .action(async (feature, options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.rollback(feature, {
        who: whoAsks(io.env),
        why: options.why,
        to: options.to,
      });
      io.stdout.write(options.json ? `${json}\n` : renderOutcome(value, paletteFor(io.stdout, io.env)));
      context.exitCode = exitCodeOf(value);
    });
}
