import { Command, InvalidArgumentError, Option, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { LetterOutcome } from '../app/dead-letter-reports.ts';
import { FigError } from '../kernel/fig-error.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderDeadLetter, renderDeadLetters } from './render-dead-letters.ts';
import { whoAsks } from './who.ts';

const adminHelp = 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)';

export function deadLettersCommand(context: CliContext): CommandUnknownOpts {
  const command = new Command('dead-letters')
    .description('show what read models could not digest, try it again, or let it go')
    .addHelpText(
      'after',
      `
A key that cannot be built is parked: its reads go to legacy, everything else goes on. It is tried again by itself, at
longer and longer intervals, and comes back when it succeeds. See docs/dead-letters.md.

Examples:
  $ fig dead-letters list
  $ fig dead-letters show 12
  $ fig dead-letters retry --all
  $ fig dead-letters discard 12 --why "test data, nobody asks for it"
  $ fig dead-letters export > letters.ndjson
${exitCodesHelp}`,
    );
  for (const sub of [listCommand, showCommand, retryCommand, discardCommand, exportCommand]) {
    command.addCommand(sub(context));
  }
  return command;
}

function listCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('list')
    .description('list them, the oldest first')
    .option('--feature <name>', 'of this feature only')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText('after', `\nExamples:\n  $ fig dead-letters list --feature orders\n${exitCodesHelp}`)
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.deadLetters(options.feature);
      const text = options.json ? `${json}\n` : renderDeadLetters(value.letters, paletteFor(io.stdout, io.env));
      io.stdout.write(text);
    });
}

function showCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('show')
    .description('show one: what failed, how often, and when it is tried next')
    .argument('<id>', 'its number', parseLetterId)
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText('after', `\nExamples:\n  $ fig dead-letters show 12\n${exitCodesHelp}`)
    .action(async (id, options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.deadLetter(id);
      io.stdout.write(options.json ? `${json}\n` : renderDeadLetter(value, paletteFor(io.stdout, io.env)));
    });
}

function retryCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('retry')
    .description('try one, or all, at once instead of when its time comes')
    .argument('[id]', 'its number', parseLetterId)
    .option('--all', 'all of them')
    .option('--feature <name>', 'with --all: of this feature only')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
A row that the mirror did not take is tried again by copying the read model from legacy anew. Where a read model that
handlers write is out of use, one letter tried again gives them all rows again.

Examples:
  $ fig dead-letters retry 12
  $ fig dead-letters retry --all --feature orders
${exitCodesHelp}`,
    )
    .action(async (id, options) => {
      if ((id === undefined) === (options.all !== true)) throw new FigError('FIG_USAGE', 'name a number, or say --all');
      if (id !== undefined && options.feature !== undefined) {
        throw new FigError('FIG_USAGE', '--feature goes with --all');
      }
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.retryDeadLetters({ id, feature: options.feature, who: whoAsks(io.env) });
      io.stdout.write(options.json ? `${json}\n` : `${counted(value)} tried again now\n`);
    });
}

function discardCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('discard')
    .description('let one go: what the read model has of the key is served again as it is')
    .argument('<id>', 'its number', parseLetterId)
    .requiredOption('--why <text>', 'kept in the audit')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
You accept that the row of the key stays as it is, old or missing, until its next change; then it is built again, and is
parked again when that fails. Of changes that wait for a handler the first is left out for good, and the next one is tried. Where a whole read model is out of use, it is built again first, so a letter may come back.

Examples:
  $ fig dead-letters discard 12 --why "test data, nobody asks for it"
${exitCodesHelp}`,
    )
    .action(async (id, options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.discardDeadLetter(id, { who: whoAsks(io.env), why: options.why });
      io.stdout.write(options.json ? `${json}\n` : `${counted(value)} discarded\n`);
    });
}

function exportCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('export')
    .description('write them all, for other tools')
    .addOption(
      new Option('--format <format>', 'one JSON object per line').choices(['ndjson'] as const).default('ndjson'),
    )
    .option('--feature <name>', 'of this feature only')
    .option('--admin <url>', adminHelp)
    .addHelpText(
      'after',
      `
Errors are without values; the keys are there, since without them nothing could be mended.

Examples:
  $ fig dead-letters export | jq -r 'select(.kind == "build") | .key'
${exitCodesHelp}`,
    )
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { value } = await client.deadLetters(options.feature);
      for (const letter of value.letters) io.stdout.write(`${JSON.stringify(letter)}\n`);
    });
}

function counted({ ids }: LetterOutcome): string {
  return ids.length === 1 ? `dead letter ${ids[0]} is` : `${ids.length} dead letters are`;
}

function parseLetterId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(id) && id > 0) return id;
  throw new InvalidArgumentError('the number of a dead letter is a whole number; fig dead-letters list shows them.');
}
