import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { connectAdmin } from './find-admin.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { parseLimit } from './option-parsers.ts';
import { paletteFor } from './palette.ts';
import { renderTailItem } from './render-tail.ts';
import { UntilClosed } from './until-closed.ts';

export function eventsCommand(context: CliContext): CommandUnknownOpts {
  const command = new Command('events').description(
    'look at changes and events on their way from legacy to read models',
  );
  command.addCommand(tailCommand(context));
  return command;
}

function tailCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('tail')
    .description('print changes and events as they go through, without their values')
    .option('--feature <name>', 'only tables and topics that the read models of this feature are made from')
    .option('--type <type>', 'only insert, update, delete or truncate, or events of this name')
    .addOption(
      new Option('--from <place>', 'where to begin; beginning: with the first that the topic keeps')
        .choices(['now', 'beginning'] as const)
        .default('now' as const),
    )
    .option('--limit <lines>', 'end after so many', parseLimit)
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C, until --limit is reached, or until whoever reads it goes away; each of these is exit code 0. With a topic
(events.via kafka) it shows what is in the topic, also while nothing is applied; any fig of the migration can be asked. Else it
shows what is being applied, so in roles it is asked of fig sync (--admin), and a reader that is too slow loses lines and is told
how many. Domain events are shown beside changes; those of other services' topics can be asked of any fig, translations of the one
that applies. Values are never shown; keys are, if they are numbers or uuids, else as keyed hashes. Exit code 2 for a --type that
is neither a kind of change nor a declared event.

Examples:
  $ fig events tail
  $ fig events tail --feature orders --type delete
  $ fig events tail --type OrderCancelled
  $ fig events tail --from beginning --limit 100 --json | jq -r '[.position, .table, .key] | @tsv'
${exitCodesHelp}`,
    )
    .action(async ({ feature, type, from, limit = Number.POSITIVE_INFINITY, admin, json }) => {
      const client = await connectAdmin(admin, io);
      const palette = paletteFor(io.stdout, io.env);
      using output = new UntilClosed(io.stdout);
      let left = limit;
      for await (const item of client.tail({ feature, type, from }, output.signal)) {
        await output.write(json ? `${item.json}\n` : renderTailItem(item.value, palette));
        if (!('lost' in item.value)) left -= 1;
        if (left <= 0) return;
      }
    });
}
