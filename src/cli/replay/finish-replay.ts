import type { ReplayReport } from '../../app/replay/replay-report.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliContext } from '../io.ts';
import { paletteFor } from '../palette.ts';
import type { FailOn, Failure } from '../report/fail-on.ts';
import { judgeReplay } from './judge-replay.ts';
import { renderReplay } from './render-replay.ts';

/** Used when the output is no terminal. */
const DEFAULT_COLUMNS = 120;

/** Prints a replay and leaves the exit code. */
export function finishReplay(
  context: CliContext,
  report: ReplayReport,
  { json, failOn = [] }: { readonly json?: true | undefined; readonly failOn?: readonly FailOn[] | undefined },
): void {
  const { io } = context;
  const palette = paletteFor(io.stdout, io.env);
  const columns = io.stdout.columns || DEFAULT_COLUMNS;
  io.stdout.write(json ? `${JSON.stringify(report)}\n` : renderReplay(report, palette, columns));
  leaveExitCode(context, judgeReplay(report, failOn));
}

/** Tells on stderr what failed. */
export function leaveExitCode(context: CliContext, failures: readonly Failure[]): void {
  const { io } = context;
  const { red } = paletteFor(io.stderr, io.env);
  for (const { reason } of failures) io.stderr.write(`${red('failed on')} ${reason}\n`);
  context.exitCode = failures[0]?.exitCode ?? exitCodes.done;
}
