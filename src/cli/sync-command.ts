import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
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
Runs until Ctrl-C. A second one waits and takes over when the first is gone or stands still. With events by a topic
(\`events: { via: 'kafka' }\`) several share the read models among them, and each part may run by itself:
  fig sync capture   one writes the changes of legacy to the topic, further ones stand by
  fig sync project   applies changes; as many as there are read models have something to do
All processes of a migration find each other by the control store (FIG_DATABASE_URL, or \`store\` of the config) and start
in any order: see docs/scale-out.md.

Examples:
  $ fig sync --config fig.config.ts --admin-port 8091
  $ fig sync capture --config fig.config.ts --admin-port 8092
  $ fig sync project --config fig.config.ts --admin-port 8093
${exitCodesHelp}`,
    )
    .action(async (part, options) => {
      // Loaded here so that commands which only ask a running fig do not load all of it.
      const [{ runSync }, { runSyncCapture }, { runInForeground }] = await Promise.all([
        import('../app/roles/run-sync.ts'),
        import('../app/roles/run-sync-capture.ts'),
        import('./foreground.ts'),
      ]);
      const { config: configFile, adminPort, verbose } = options;
      context.exitCode = await runInForeground({
        io,
        isOneOfSeveral: true,
        logLevel: verbose ? 'debug' : undefined,
        start: (tools) => {
          const how = { configFile, adminPort, version, ...tools };
          return part === 'capture' ? runSyncCapture(how) : runSync({ ...how, part });
        },
      });
    });
}
