import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { exitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { parseWorkers } from './option-parsers.ts';

export function upCommand(context: CliContext): CommandUnknownOpts {
  const { io, version } = context;
  return new Command('up')
    .description('run a migration: proxy, capture, read models, comparison and status page')
    .option('-c, --config <file>', 'the config file', 'fig.config.ts')
    .option('--workers <n>', 'processes that share the port, each on a core of its own', parseWorkers, 1)
    .option('--verbose', 'log every step')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C, which stops everything in order; a second Ctrl-C exits at once. Started again, it goes on where it was.
The other commands find it from the same folder.

Environment: LEGACY_DATABASE_URL, FIG_DATABASE_URL (default: an embedded PostgreSQL under .fig/), FIG_ADMIN_HOST and
FIG_ADMIN_TOKEN (to open the admin server to other machines), NO_COLOR.

Examples:
  $ fig up
  $ fig up --config migrations/shop.config.ts
  $ fig up --workers 4
${exitCodesHelp}`,
    )
    .action(async (options) => {
      // Loaded here so that commands which only ask a running fig do not load all of it.
      const [{ runUp }, { runInForeground }] = await Promise.all([
        import('../app/run-up.ts'),
        import('./foreground.ts'),
      ]);
      context.exitCode = await runInForeground({
        io,
        logLevel: options.verbose ? 'debug' : undefined,
        start: (tools) => runUp({ configFile: options.config, workers: options.workers, version, ...tools }),
      });
    });
}
