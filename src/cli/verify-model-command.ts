import { Command, InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderVerification } from './render-verification.ts';

export function verifyModelCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('verify-model')
    .description('build sampled keys of a read model anew, and say which change failed to mark one as dirty')
    .argument('<feature>', 'name of the feature; orders@2 for a version that does not serve')
    .option('--sample <keys>', 'how many keys, drawn by lot', parseSample, 1_000)
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Nothing is changed, and nothing is asked of legacy: keys are built from the mirror and compared with the rows that are
stored, in one snapshot. For a difference, the legacy rows are named that were written after the key was built, that the key is
made of, and for which \`dirty\` did not name it. What is found is not repaired: correct \`dirty\`, which builds anew.

Examples:
  $ fig verify-model orders
  $ fig verify-model orders --sample 10000 --json | jq '.differences[].causes'
${exitCodesHelp}
     (1 also when there is a difference)`,
    )
    .action(async (feature, options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.verifyModel(feature, { sample: options.sample });
      io.stdout.write(options.json ? `${json}\n` : renderVerification(value, paletteFor(io.stdout, io.env)));
      if (value.differences.length + value.failed.length > 0) context.exitCode = exitCodes.failed;
    });
}

function parseSample(text: string): number {
  const sample = Number(text);
  if (/^\d+$/.test(text) && sample >= 1 && sample <= 100_000) return sample;
  throw new InvalidArgumentError('a sample is a whole number of keys from 1 to 100000.');
}
