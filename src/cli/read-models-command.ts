import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { FigError } from '../kernel/fig-error.ts';
import { exitCodeOf, exitCodesHelp, transitionExitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderOutcome } from './render-outcome.ts';
import { renderReadModels } from './render-read-models.ts';
import { whoAsks } from './who.ts';

const adminHelp = 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)';

export function readModelsCommand(context: CliContext): CommandUnknownOpts {
  const command = new Command('read-models')
    .description('show the versions of read models, and let another one serve')
    .addHelpText(
      'after',
      `
A new version is kept beside the one that serves when the feature declares that one as \`previous\`. See docs/read-models.md.

Examples:
  $ fig read-models list
  $ fig read-models swap orders
  $ fig read-models back orders --why "prices look wrong"
  $ fig read-models drop orders@1
${exitCodesHelp}`,
    );
  for (const sub of [listCommand, swapCommand, backCommand, dropCommand]) command.addCommand(sub(context));
  return command;
}

function listCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('list')
    .description('list all versions: which serves, where they stand, and what keeps one from serving')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText('after', `\nExamples:\n  $ fig read-models list\n${exitCodesHelp}`)
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.readModels();
      io.stdout.write(options.json ? `${json}\n` : renderReadModels(value.readModels, paletteFor(io.stdout, io.env)));
    });
}

function swapCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('swap')
    .description('let the new version serve, if it is proven')
    .argument('<feature>', 'name of the feature')
    .option('--why <text>', 'kept in the audit')
    .option('--force', 'pass over the gate; needs --why (a version that is not ready still refuses)')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
It asks the gate of the phase that the feature is in, of what was compared of the new version; it must also have been compared
with the legacy database, have no dead letters, and stand where the old one stands. The phase stays as it is.

Examples:
  $ fig read-models swap orders
  $ fig read-models swap orders --force --why "low traffic, checked by hand"
${transitionExitCodesHelp}`,
    )
    .action(async (feature, options) => {
      if (options.force && (options.why ?? '').trim() === '') {
        throw new FigError('FIG_WHY_REQUIRED', 'a forced swap must say why');
      }
      const client = await connectAdmin(options.admin, io);
      const order = { who: whoAsks(io.env), why: options.why, force: options.force };
      const { json, value } = await client.swapVersion(feature, order);
      io.stdout.write(options.json ? `${json}\n` : renderOutcome(value, paletteFor(io.stdout, io.env)));
      context.exitCode = exitCodeOf(value);
    });
}

function backCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('back')
    .description('let the version before serve again, at once')
    .argument('<feature>', 'name of the feature')
    .option('--why <text>', 'kept in the audit')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText('after', `\nExamples:\n  $ fig read-models back orders --why "prices look wrong"\n${exitCodesHelp}`)
    .action(async (feature, options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.swapVersionBack(feature, { who: whoAsks(io.env), why: options.why });
      io.stdout.write(options.json ? `${json}\n` : renderOutcome(value, paletteFor(io.stdout, io.env)));
      context.exitCode = exitCodeOf(value);
    });
}

function dropCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('drop')
    .description('take a version that the config does not declare any more out of the store')
    .argument('<feature@version>', 'such as orders@1')
    .option('--why <text>', 'kept in the audit')
    .option('--admin <url>', adminHelp)
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Its tables, its mirror, its dead letters and all that is known of it are gone then, and there is no way back to it but a new
copy. What was compared of it stays in the reports.

Examples:
  $ fig read-models drop orders@1
${exitCodesHelp}`,
    )
    .action(async (text, options) => {
      const [, feature, version] = /^([^@]+)@([1-9]\d{0,3})$/.exec(text) ?? [];
      if (feature === undefined)
        throw new FigError('FIG_USAGE', `${text} is not a feature with a version, as in orders@1`);
      const client = await connectAdmin(options.admin, io);
      const order = { who: whoAsks(io.env), why: options.why, version: Number(version) };
      const { json, value } = await client.dropVersion(feature, order);
      io.stdout.write(options.json ? `${json}\n` : `${value.readModel} v${value.version} is dropped\n`);
    });
}
