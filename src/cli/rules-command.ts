import { resolve } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { replayExitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { createProgressRenderer } from './progress-renderer.ts';
import { leaveExitCode } from './replay/finish-replay.ts';
import { judgeRules, parseReplayFailOn } from './replay/judge-replay.ts';
import { renderRules } from './replay/render-rules.ts';

export function rulesCommand(context: CliContext): CommandUnknownOpts {
  return new Command('rules')
    .description('try rules for comparing on what is stored')
    .addCommand(checkCommand(context));
}

function checkCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('check')
    .description('compare all stored pairs again under the rules of the config: what they hide, and what remains')
    .argument('[feature]', 'name of the feature; all when left out')
    .option('--rules <file>', 'try these rules instead: what `compare` of a feature holds, as JSON or a module')
    .option('-c, --config <file>', 'the config file', 'fig.config.ts')
    .option('--json', 'print the report as JSON')
    .option('--fail-on <what>', 'mismatch, critical or undetermined=N%', parseReplayFailOn)
    .addHelpText('after', help)
    .action(async (feature, options) => {
      const { runRulesCheck } = await import('../app/replay/run-stored.ts');
      const progress = createProgressRenderer(io.stderr);
      const { onProgress } = progress;
      try {
        const configFile = resolve(io.cwd, options.config);
        const report = await runRulesCheck({ configFile, cwd: io.cwd, feature, rulesFile: options.rules, onProgress });
        progress.stop();
        const palette = paletteFor(io.stdout, io.env);
        io.stdout.write(options.json ? `${JSON.stringify(report)}\n` : renderRules(report, palette));
        leaveExitCode(context, judgeRules(report, options.failOn ?? []));
      } finally {
        progress.stop();
      }
    });
}

const help = `
Asks nobody: the answers that differed are stored, redacted. Equal hashes are equal values; where a rule would have to see a
value that is a hash, the group is undetermined. docs/replay.md says what is stored.

Examples:
  $ fig rules check orders
  $ fig rules check orders --rules draft.json              { "ignore": ["$.generatedAt"] }
  $ fig rules check --fail-on mismatch --json
${replayExitCodesHelp}`;
