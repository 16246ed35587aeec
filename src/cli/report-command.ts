import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { connectAdmin } from './find-admin.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderReport } from './render-report.ts';

/** Used when the output is no terminal. */
const DEFAULT_COLUMNS = 120;

export function reportCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('report')
    .description('show where the answers of legacy and candidate differ')
    .argument('<feature>', 'name of the feature; orders@2 for a version that does not serve')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Differences are grouped by route, place and kind, the most frequent first. Each group shows the value of legacy and the
value of the candidate side by side, and a request that shows it.

Examples:
  $ fig report orders
  $ fig report orders --json | jq '.groups[0].samples'
${exitCodesHelp}`,
    )
    .action(async (feature, options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.report(feature);
      const text = renderReport(value, paletteFor(io.stdout, io.env), io.stdout.columns || DEFAULT_COLUMNS);
      io.stdout.write(options.json ? `${json}\n` : text);
    });
}
