import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { QuarantineReport } from '../app/reports/feature-report.ts';
import { FigError } from '../kernel/fig-error.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import { printable } from './format.ts';
import type { CliContext } from './io.ts';
import { paletteFor, type Palette } from './palette.ts';
import { renderTable } from './render-table.ts';
import { whoAsks } from './who.ts';

const adminHelp = 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)';

export function quarantineCommand(context: CliContext): CommandUnknownOpts {
  const command = new Command('quarantine')
    .description('show routes whose reads write to legacy, or let them be compared all the same')
    .addHelpText(
      'after',
      `
To compare a read, legacy is asked again; a GET that writes would then write twice. Such routes are found by themselves and not
compared any more, in no proxy, and hold their gate. See docs/quarantine.md.

Examples:
  $ fig quarantine list
  $ fig quarantine lift "GET /orders/:id" --why "view_log is only statistics"
${exitCodesHelp}`,
    );
  for (const sub of [listCommand, liftCommand]) command.addCommand(sub(context));
  return command;
}

function listCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('list')
    .description('list them')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText('after', `\nExamples:\n  $ fig quarantine list\n${exitCodesHelp}`)
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.quarantine();
      io.stdout.write(options.json ? `${json}\n` : renderQuarantine(value.routes, paletteFor(io.stdout, io.env)));
    });
}

function liftCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('lift')
    .description('let the reads of a route be compared again, for good')
    .argument('<route>', 'as it is listed')
    .requiredOption('--why <text>', 'kept in the audit')
    .option('--feature <name>', 'whose route it is, where two features have it')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
You accept that what it writes is written once more whenever a read is asked of legacy again. Say it in the config instead where the
tables are harmless for every route: shadow: { harmlessWrites: ['view_log'] }.

Examples:
  $ fig quarantine lift "GET /orders/:id" --why "view_log is only statistics"
${exitCodesHelp}`,
    )
    .action(async (route, options) => {
      const client = await connectAdmin(options.admin, io);
      const { value: known } = await client.quarantine();
      const found = known.routes.filter(
        (one) => one.route === route && (options.feature === undefined || one.feature === options.feature),
      );
      const [only] = found;
      if (only === undefined) throw new FigError('FIG_NOT_QUARANTINED', `${route} is not in quarantine`);
      if (found.length > 1)
        throw new FigError('FIG_USAGE', `${route} is a route of two features: name one with --feature`);
      const order = { feature: only.feature, route, who: whoAsks(io.env), why: options.why };
      const { json, value } = await client.liftQuarantine(order);
      io.stdout.write(options.json ? `${json}\n` : `${printable(value.route)} is compared again\n`);
    });
}

function renderQuarantine(routes: readonly QuarantineReport[], palette: Palette): string {
  if (routes.length === 0) return 'no route is in quarantine\n';
  const rows = routes.map(({ feature, route, tables, since }) => [
    feature,
    printable(route),
    printable(tables.join(', ')),
    since,
  ]);
  const titles = ['feature', 'route', 'writes to', 'since'].map((title) => ({ title }));
  return `${renderTable(titles, rows, palette)}\n`;
}
