import type { ReplayReport } from '../../app/replay/replay-report.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatBytes } from '../format.ts';
import type { CliContext } from '../io.ts';
import { paletteFor } from '../palette.ts';
import type { FailOn, Failure } from '../report/fail-on.ts';
import { writeReport } from '../report/write-report.ts';
import { judgeReplay } from './judge-replay.ts';
import { renderReplay } from './render-replay.ts';

/** Used when the output is no terminal. */
const DEFAULT_COLUMNS = 120;

export interface FinishOptions {
  readonly json?: true | undefined;
  readonly html?: string | undefined;
  readonly failOn?: readonly FailOn[] | undefined;
}

/** Prints a replay, writes its page if one is wanted, and leaves the exit code. */
export async function finishReplay(context: CliContext, report: ReplayReport, options: FinishOptions): Promise<void> {
  const { io } = context;
  if (options.html !== undefined) {
    // Only who wants a page loads what makes one.
    const { renderReplayHtml } = await import('./replay-html.ts');
    const page = await renderReplayHtml(report, context.version);
    await writeReport(io.cwd, options.html, page);
    io.stderr.write(`wrote ${options.html} (${formatBytes(Buffer.byteLength(page))})\n`);
  }
  const palette = paletteFor(io.stdout, io.env);
  const columns = io.stdout.columns || DEFAULT_COLUMNS;
  io.stdout.write(options.json ? `${JSON.stringify(report)}\n` : renderReplay(report, palette, columns));
  leaveExitCode(context, judgeReplay(report, options.failOn ?? []));
}

/** Tells on stderr what failed. */
export function leaveExitCode(context: CliContext, failures: readonly Failure[]): void {
  const { io } = context;
  const { red } = paletteFor(io.stderr, io.env);
  for (const { reason } of failures) io.stderr.write(`${red('failed on')} ${reason}\n`);
  context.exitCode = failures[0]?.exitCode ?? exitCodes.done;
}
