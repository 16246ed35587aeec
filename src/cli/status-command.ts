import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { connectAdmin } from './find-admin.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderStatus } from './render-status.ts';

export function statusCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('status')
    .description('show phases, comparisons, lag and traffic of a running fig')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Examples:
  $ fig status
  $ fig status --json | jq '.features[] | {feature, reads, gate: .gate.result}'
  $ fig status --admin http://127.0.0.1:8089
${exitCodesHelp}`,
    )
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.status();
      io.stdout.write(options.json ? `${json}\n` : renderStatus(value, paletteFor(io.stdout, io.env)));
    });
}
