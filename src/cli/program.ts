import { Command, CommanderError } from '@commander-js/extra-typings';
import { eventsCommand } from './events-command.ts';
import type { ErrorCode } from '../kernel/error-codes.ts';
import { FigError } from '../kernel/fig-error.ts';
import { quarantineCommand } from './quarantine-command.ts';
import { controlCommand } from './control-command.ts';
import { deadLettersCommand } from './dead-letters-command.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliContext, CliIo } from './io.ts';
import { killSwitchCommand } from './kill-switch-command.ts';
import { paletteFor } from './palette.ts';
import { preflightCommand } from './preflight-command.ts';
import { promoteCommand } from './promote-command.ts';
import { proxyCommand } from './proxy-command.ts';
import { renderError } from './render-error.ts';
import { readModelsCommand } from './read-models-command.ts';
import { reconcileCommand } from './reconcile-command.ts';
import { reloadCommand } from './reload-command.ts';
import { reportCommand } from './report-command.ts';
import { replayCommand } from './replay-command.ts';
import { rollbackCommand } from './rollback-command.ts';
import { rulesCommand } from './rules-command.ts';
import { statusCommand } from './status-command.ts';
import { syncCommand } from './sync-command.ts';
import { upCommand } from './up-command.ts';
import { verifyModelCommand } from './verify-model-command.ts';
import { ownVersion } from './version.ts';

const usageErrors: readonly ErrorCode[] = ['FIG_USAGE', 'FIG_WHY_REQUIRED'];

/** Runs one command line (without node and script) and resolves with the exit code. Never rejects, never exits. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const context: CliContext = { io, version: ownVersion(), exitCode: exitCodes.done };
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has printed its message already, be it help, the version or a usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    io.stderr.write(renderError(error, paletteFor(io.stderr, io.env), args.includes('--json')));
    return error instanceof FigError && usageErrors.includes(error.code) ? exitCodes.usage : exitCodes.failed;
  }
}

function createProgram(context: CliContext): Command {
  const { io } = context;
  const program = new Command('fig')
    .description('Move a legacy CRUD application to CQRS one feature at a time, while it serves traffic.')
    .version(context.version, '-V, --version', 'print the version')
    .exitOverride()
    // `--json` of `fig replay stored --json` is that of stored, though replay has one as well.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns || 100,
      getErrHelpWidth: () => io.stderr.columns || 100,
    })
    .showHelpAfterError('(--help shows how it is used)')
    .addHelpText('after', help);
  for (const command of [
    proxyCommand,
    preflightCommand,
    upCommand,
    syncCommand,
    controlCommand,
    statusCommand,
    reportCommand,
    replayCommand,
    rulesCommand,
    promoteCommand,
    rollbackCommand,
    reloadCommand,
    reconcileCommand,
    killSwitchCommand,
    deadLettersCommand,
    eventsCommand,
    quarantineCommand,
    readModelsCommand,
    verifyModelCommand,
  ]) {
    const made = command(context).copyInheritedSettings(program);
    for (const sub of made.commands) sub.copyInheritedSettings(made);
    program.addCommand(made);
  }
  return program;
}

const help = `
Examples:
  $ fig proxy --legacy http://127.0.0.1:3000     observe first; needs no config
  $ fig preflight                                is the legacy database fit for capture?
  $ fig up                                       run the migration of fig.config.ts
  $ fig status                                   in a second terminal
  $ fig report orders
  $ fig promote orders --reads

Exit codes: 0 done, 1 failed, 2 usage, 3 refused (gate FAIL), 4 refused (gate INCONCLUSIVE),
5 preflight found errors.`;
