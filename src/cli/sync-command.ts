import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { FigError } from '../kernel/fig-error.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { parsePort } from './option-parsers.ts';

export function syncCommand(context: CliContext): CommandUnknownOpts {
  const { io, version } = context;
  return new Command('sync')
    .description('keep the read models of a migration in step, for proxies and control in other processes')
    .addArgument(
      new Argument('[part]', 'only this part of it, where events travel by a topic').choices([
        'capture',
        'project',
      ] as const),
    )
    .option('-c, --config <file>', 'the config file', 'fig.config.ts')
    .option('--admin-port <port>', "port of its own /healthz, /readyz and /metrics (default: the config's)", parsePort)
    .option('--verbose', 'log every step')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C. A second one waits and takes over when the first is gone. All processes of a migration find each other by
the control store (FIG_DATABASE_URL, or \`store\` of the config): see docs/scale-out.md.

Examples:
  $ fig sync --config fig.config.ts --admin-port 8091
${exitCodesHelp}`,
    )
    .action(async (part, options) => {
      if (part !== undefined) {
        const why = `\`fig sync ${part}\` is not possible yet: capture and read models run in one process, also with a topic`;
        throw new FigError('FIG_USAGE', why, { remedy: 'Run `fig sync`, which does both in one process.' });
      }
      // Loaded here so that commands which only ask a running fig do not load all of it.
      const [{ runSync }, { runInForeground }] = await Promise.all([
        import('../app/roles/run-sync.ts'),
        import('./foreground.ts'),
      ]);
      const { config: configFile, adminPort, verbose } = options;
      context.exitCode = await runInForeground({
        io,
        isOneOfSeveral: true,
        logLevel: verbose ? 'debug' : undefined,
        start: (tools) => runSync({ configFile, adminPort, version, ...tools }),
      });
    });
}
