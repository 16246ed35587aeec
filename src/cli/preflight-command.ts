import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { exitCodes, preflightExitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderPreflight } from './render-preflight.ts';

export function preflightCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('preflight')
    .description('check that capture from the legacy database can work and cannot harm it; changes nothing')
    .argument('[config]', 'the config file', 'fig.config.ts')
    .option('--feature <name>', 'only the tables of this feature')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Looks at settings, rights, slots, publications, open transactions and the tables of the read models, in one read-only
transaction, and opens one replication connection that asks who the server is. Needs no running fig. \`fig up\` checks the
same and refuses on errors. docs/preflight.md explains each finding.

Examples:
  $ fig preflight
  $ fig preflight migrations/shop.config.ts --feature orders
  $ fig preflight --json | jq '.findings[] | select(.severity == "error")'
${preflightExitCodesHelp}`,
    )
    .action(async (configFile, options) => {
      // Loaded here so that commands which only ask a running fig do not load all of it.
      const { runPreflight } = await import('../app/preflight/run-preflight.ts');
      const report = await runPreflight({ configFile, feature: options.feature });
      io.stdout.write(
        options.json ? `${JSON.stringify(report)}\n` : renderPreflight(report, paletteFor(io.stdout, io.env)),
      );
      if (report.findings.some(({ severity }) => severity === 'error')) context.exitCode = exitCodes.preflightErrors;
    });
}
