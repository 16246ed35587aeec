import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { exitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { parsePort } from './option-parsers.ts';

export function controlCommand(context: CliContext): CommandUnknownOpts {
  const { io, version } = context;
  return new Command('control')
    .description('decide about a migration: gates, phases, audit, status page; users are served by other processes')
    .option('-c, --config <file>', 'the config file', 'fig.config.ts')
    .option('--admin-port <port>', "port of the status page and of the commands (default: the config's)", parsePort)
    .option('--verbose', 'log every step')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C; users are served on while it does not run. All processes of a migration find each other by the control
store (FIG_DATABASE_URL, or \`store\` of the config): see docs/scale-out.md.

Examples:
  $ fig control --config fig.config.ts
  $ fig status
${exitCodesHelp}`,
    )
    .action(async (options) => {
      // Loaded here so that commands which only ask a running fig do not load all of it.
      const [{ runControl }, { runInForeground }] = await Promise.all([
        import('../app/roles/run-control.ts'),
        import('./foreground.ts'),
      ]);
      const { config: configFile, adminPort, verbose } = options;
      context.exitCode = await runInForeground({
        io,
        logLevel: verbose ? 'debug' : undefined,
        start: (tools) => runControl({ configFile, adminPort, version, ...tools }),
      });
    });
}
